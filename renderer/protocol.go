package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A message, in both directions, is two frames: a JSON head and a body of raw bytes. A frame is its length as four
// bytes, big-endian, and that many bytes. The body carries a chart archive, which base64 would make a third
// larger; it is empty everywhere else.

// maxFrame bounds what a broken peer can make the worker allocate.
const maxFrame = 256 << 20

// Request asks for one operation. ID comes back in the answer.
type Request struct {
	Op     string          `json:"op"`
	ID     uint64          `json:"id"`
	Limits Limits          `json:"limits"`
	Input  json.RawMessage `json:"input"`
	Body   []byte          `json:"-"`
}

// Answer holds either a result or a failure.
type Answer struct {
	ID    uint64          `json:"id"`
	OK    json.RawMessage `json:"ok,omitempty"`
	Error *Failure        `json:"error,omitempty"`
}

// Limits bound one request. Zero means no limit of ours; the process's memory limit holds anyway.
type Limits struct {
	ArchiveBytes  int64 `json:"archiveBytes"`
	UnpackedBytes int64 `json:"unpackedBytes"`
	FileBytes     int64 `json:"fileBytes"`
	Files         int   `json:"files"`
	OutputBytes   int64 `json:"outputBytes"`
	YAMLBytes     int64 `json:"yamlBytes"`
	IndexBytes    int64 `json:"indexBytes"`
	YAMLNodes     int   `json:"yamlNodes"`
	Depth         int   `json:"depth"`
}

// Code names a kind of failure. The Python side maps each to one error class.
type Code string

const (
	CodeChartInvalid      Code = "chart_invalid"
	CodeChartTooLarge     Code = "chart_too_large"
	CodeChartUnknown      Code = "chart_unknown"
	CodeChartIncompatible Code = "chart_incompatible"
	CodeTemplateFailed    Code = "template_failed"
	CodeTemplateUnknown   Code = "template_unknown"
	CodeOptionInvalid     Code = "option_invalid"
	CodeManifestInvalid   Code = "manifest_invalid"
	CodeOutputTooLarge    Code = "output_too_large"
	CodeValuesRejected    Code = "values_rejected"
	CodeSchemaInvalid     Code = "schema_invalid"
	CodeYAMLInvalid       Code = "yaml_invalid"
	CodeIndexInvalid      Code = "index_invalid"
	CodeIndexTooLarge     Code = "index_too_large"
	CodeConstraintInvalid Code = "constraint_invalid"
	CodeComposeInvalid    Code = "compose_invalid"
	CodeRequestInvalid    Code = "request_invalid"
	CodeInternal          Code = "internal"
)

// Place is a position counted from 1; zero parts are not known.
type Place struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Key    string `json:"key,omitempty"`
}

// Detail is one of several troubles of a failure.
type Detail struct {
	Message string `json:"message"`
	Place
}

// Failure is an expected error, told to the caller.
type Failure struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	Place
	Details []Detail `json:"details,omitempty"`
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Code, f.Message) }

func fail(code Code, place Place, format string, args ...any) *Failure {
	return &Failure{Code: code, Message: fmt.Sprintf(format, args...), Place: place}
}

// asFailure turns any error into a failure; what is not one already is a defect of ours.
func asFailure(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	return fail(CodeInternal, Place{}, "%v", err)
}

func readRequest(reader *bufio.Reader) (*Request, error) {
	head, err := readFrame(reader)
	if err != nil {
		return nil, err
	}
	body, err := readFrame(reader)
	if err != nil {
		return nil, noEOF(err)
	}
	request := &Request{Body: body}
	if err := json.Unmarshal(head, request); err != nil {
		// The next request starts at a known place, so this one alone is lost. Its number is not known.
		return &Request{Op: "a request whose head is not JSON"}, nil
	}
	return request, nil
}

func readFrame(reader *bufio.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(reader, size[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(size[:])
	if length > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes is longer than %d", length, maxFrame)
	}
	frame := make([]byte, length)
	if _, err := io.ReadFull(reader, frame); err != nil {
		return nil, noEOF(err)
	}
	return frame, nil
}

// noEOF keeps an input that ends in the middle of a message apart from one that ends between two.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeAnswer(writer *bufio.Writer, answer Answer) error {
	head, err := marshal(answer)
	if err != nil {
		return err
	}
	if err := writeFrame(writer, head); err != nil {
		return err
	}
	if err := writeFrame(writer, nil); err != nil {
		return err
	}
	return writer.Flush()
}

func writeFrame(writer *bufio.Writer, frame []byte) error {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(frame)))
	if _, err := writer.Write(size[:]); err != nil {
		return err
	}
	_, err := writer.Write(frame)
	return err
}
