package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"path"
	"slices"
)

// ChartFiles are the files of a chart by their path inside the chart folder, byte for byte.
type ChartFiles struct {
	Files map[string][]byte `json:"files"`
}

// UnpackInput names the files that are wanted; none means all of them.
type UnpackInput struct {
	Only []string `json:"only"`
}

// PackInput names the folder that the files get in the archive: Helm asks for the chart's name.
type PackInput struct {
	Folder string `json:"folder"`
	ChartFiles
}

// PackedChart is the answer to `pack`.
type PackedChart struct {
	Archive []byte `json:"archive"`
}

// unpack opens the archive in the request's body, under the rules that hold for a chart that is loaded. Packed
// subcharts stay packed.
func (w *Worker) unpack(request *Request) (any, error) {
	input, err := decode[UnpackInput](request)
	if err != nil {
		return nil, err
	}
	if failure := checkArchive(request.Body, request.Limits); failure != nil {
		return nil, failure
	}
	unpacking := &unpacking{limits: request.Limits, raw: true}
	files, err := unpacking.unpack(request.Body, "")
	if err != nil {
		return nil, err
	}
	answer := &ChartFiles{Files: make(map[string][]byte, len(files))}
	for _, file := range files {
		if len(input.Only) == 0 || slices.Contains(input.Only, file.Name) {
			answer.Files[file.Name] = file.Data
		}
	}
	return answer, nil
}

// pack makes an archive that depends on the files alone: sorted, without times and owners.
func (w *Worker) pack(request *Request) (any, error) {
	input, err := decode[PackInput](request)
	if err != nil {
		return nil, err
	}
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(input.Files)) {
		content := input.Files[name]
		header := &tar.Header{Name: path.Join(input.Folder, name), Mode: 0o644, Size: int64(len(content))}
		if _, failure := chartPath(&tar.Header{Typeflag: tar.TypeReg, Name: input.Folder + "/" + name}, name); failure != nil {
			return nil, failure
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, fail(CodeChartInvalid, Place{File: name}, "%s cannot be packed: %v", name, err)
		}
		if _, err := archive.Write(content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	if failure := checkArchive(buffer.Bytes(), request.Limits); failure != nil {
		return nil, failure
	}
	return &PackedChart{Archive: buffer.Bytes()}, nil
}
