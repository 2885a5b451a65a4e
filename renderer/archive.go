package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
)

var (
	byteOrderMark = []byte{0xEF, 0xBB, 0xBF}
	driveLetter   = regexp.MustCompile(`^[a-zA-Z]:/`)
)

// unpacking counts what all archives of one chart, those of its packed subcharts included, have used up.
// With raw, files keep a byte order mark, which Helm's loader drops.
type unpacking struct {
	limits Limits
	raw    bool
	bytes  int64
	files  int
}

func checkArchive(data []byte, limits Limits) *Failure {
	if limits.ArchiveBytes > 0 && int64(len(data)) > limits.ArchiveBytes {
		return fail(CodeChartTooLarge, Place{},
			"the chart archive has %d bytes, allowed are %d", len(data), limits.ArchiveBytes)
	}
	return nil
}

// unpack reads a .tgz with the same rules for paths as Helm's own loader, and refuses what that one lets through:
// links, devices and two files of one name. Every refusal names the file.
func (u *unpacking) unpack(data []byte, inside string) ([]*archive.BufferedFile, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fail(CodeChartInvalid, Place{File: inside}, "this is not a gzip archive: %v", err)
	}
	reader := tar.NewReader(unzipped)
	files, seen := []*archive.BufferedFile{}, map[string]bool{}
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fail(CodeChartInvalid, Place{File: inside}, "the archive cannot be read: %v", err)
		}
		if header.FileInfo().IsDir() || header.Typeflag == tar.TypeXGlobalHeader || header.Typeflag == tar.TypeXHeader {
			continue
		}
		shown := path.Join(inside, header.Name)
		name, failure := chartPath(header, shown)
		if failure != nil {
			return nil, failure
		}
		if seen[name] {
			return nil, fail(CodeChartInvalid, Place{File: shown}, "the archive holds %s twice", name)
		}
		seen[name] = true
		content, failure := u.content(reader, header, shown)
		if failure != nil {
			return nil, failure
		}
		files = append(files, &archive.BufferedFile{Name: name, ModTime: header.ModTime, Data: content})
		if packedSubchart.MatchString(name) {
			if _, err := u.unpack(content, path.Join(inside, name)); err != nil {
				return nil, err
			}
		}
	}
	if len(files) == 0 {
		return nil, fail(CodeChartInvalid, Place{File: inside}, "the archive holds no files")
	}
	return files, nil
}

// chartPath is a file's path inside of the chart folder, which is the first part of its path in the archive.
func chartPath(header *tar.Header, shown string) (string, *Failure) {
	place := Place{File: shown}
	switch header.Typeflag {
	case tar.TypeReg:
	case tar.TypeSymlink, tar.TypeLink:
		return "", fail(CodeChartInvalid, place, "the archive holds a link: %s -> %s", header.Name, header.Linkname)
	default:
		return "", fail(CodeChartInvalid, place, "the archive holds something that is not a file: %s", header.Name)
	}
	slashed := header.Name
	if strings.ContainsRune(slashed, '\\') { // Made on Windows.
		slashed = strings.ReplaceAll(slashed, `\`, "/")
	}
	folder, rest, nested := strings.Cut(slashed, "/")
	if folder == "Chart.yaml" {
		return "", fail(CodeChartInvalid, place, "Chart.yaml must stand in a folder of the archive")
	}
	name := path.Clean(rest)
	switch {
	case folder == "" || path.IsAbs(rest) || driveLetter.MatchString(slashed) || driveLetter.MatchString(name):
		return "", fail(CodeChartInvalid, place, "the archive holds an absolute path: %s", header.Name)
	case folder == ".." || name == ".." || strings.HasPrefix(name, "../"):
		return "", fail(CodeChartInvalid, place, "the archive holds a path that leaves the chart: %s", header.Name)
	case !nested || name == ".":
		return "", fail(CodeChartInvalid, place, "the archive holds a file outside of the chart folder: %s", header.Name)
	}
	return name, nil
}

func (u *unpacking) content(reader io.Reader, header *tar.Header, shown string) ([]byte, *Failure) {
	place := Place{File: shown}
	if limit := u.limits.FileBytes; limit > 0 && header.Size > limit {
		return nil, fail(CodeChartTooLarge, place, "%s has %d bytes, allowed are %d a file", shown, header.Size, limit)
	}
	if u.files++; u.limits.Files > 0 && u.files > u.limits.Files {
		return nil, fail(CodeChartTooLarge, place, "the chart has more than %d files", u.limits.Files)
	}
	if u.bytes += header.Size; u.limits.UnpackedBytes > 0 && u.bytes > u.limits.UnpackedBytes {
		return nil, fail(CodeChartTooLarge, place, "the chart unpacks to more than %d bytes", u.limits.UnpackedBytes)
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		return nil, fail(CodeChartInvalid, place, "%s cannot be unpacked: %v", shown, err)
	}
	if u.raw {
		return content, nil
	}
	return bytes.TrimPrefix(content, byteOrderMark), nil
}

// packedSubchart matches what Helm's loader unpacks as a subchart, also inside of subcharts that are folders.
var packedSubchart = regexp.MustCompile(`^(charts/[^_./][^/]*/)*charts/[^_./][^/]*\.tgz$`)

// digest identifies a chart however it was packed: SHA-256 over its files sorted by path, each as length of the path,
// path, length of the content, content; lengths are eight bytes, big-endian.
func digest(files []*archive.BufferedFile) string {
	sorted := slices.SortedFunc(slices.Values(files), func(a, b *archive.BufferedFile) int {
		return strings.Compare(a.Name, b.Name)
	})
	hash := sha256.New()
	part := func(data []byte) {
		hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
		hash.Write(data)
	}
	for _, file := range sorted {
		part([]byte(file.Name))
		part(file.Data)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}
