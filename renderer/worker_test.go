package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// packFiles makes a chart archive.
func packFiles(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	zipped := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(zipped)
	for name, text := range files {
		header := &tar.Header{Name: path.Join("chart", name), Mode: 0o644, Size: int64(len(text))}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// packTestdata makes an archive of one of the charts in testdata.
func packTestdata(t *testing.T, name string) []byte {
	t.Helper()
	root, files := filepath.Join("testdata", "charts", name), map[string]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(file)
		inside, _ := filepath.Rel(root, file)
		files[filepath.ToSlash(inside)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packFiles(t, files)
}

// ask performs one operation and decodes its result.
func ask[T any](t *testing.T, worker *Worker, op string, input any, body []byte) (T, *Failure) {
	t.Helper()
	encoded, err := marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	answer := worker.answer(&Request{Op: op, Input: encoded, Body: body, Limits: Limits{Depth: 100}})
	var result T
	if answer.Error == nil {
		if err := json.Unmarshal(answer.OK, &result); err != nil {
			t.Fatal(err)
		}
	}
	return result, answer.Error
}

// renderChart loads an archive and renders it as release `rel` in namespace `space`.
func renderChart(t *testing.T, worker *Worker, archive []byte, more map[string]any) (Rendered, *Failure) {
	t.Helper()
	loaded, failure := ask[LoadedChart](t, worker, "load", nil, archive)
	if failure != nil {
		t.Fatal(failure)
	}
	input := map[string]any{
		"chart":   loaded.Digest,
		"release": map[string]any{"name": "rel", "namespace": "space", "revision": 1},
		"numbers": numbersHelm,
		"values":  map[string]any{},
	}
	for key, value := range more {
		input[key] = value
	}
	return ask[Rendered](t, worker, "render", input, nil)
}

func mustRender(t *testing.T, worker *Worker, archive []byte, more map[string]any) Rendered {
	t.Helper()
	rendered, failure := renderChart(t, worker, archive, more)
	if failure != nil {
		t.Fatal(failure)
	}
	return rendered
}

func TestServeAnswersInOrderAndSurvivesBadRequests(t *testing.T) {
	var in, out bytes.Buffer
	send := func(head string) {
		writer := bufio.NewWriter(&in)
		_ = writeFrame(writer, []byte(head))
		_ = writeFrame(writer, []byte("a: 1"))
		_ = writer.Flush()
	}
	send(`{"op":"version","id":1}`)
	send(`not JSON`)
	send(`{"op":"compile","id":2}`)
	send(`{"op":"yaml","id":3,"input":{"file":"x"}}`)
	send(`{"op":"yaml","id":4,"input":{"file":"x"},"limits":{"outputBytes":10}}`)
	if err := serve(&in, &out, newWorker(0)); err != nil {
		t.Fatal(err)
	}
	wanted := []struct {
		id   uint64
		code Code
	}{{1, ""}, {0, CodeRequestInvalid}, {2, CodeRequestInvalid}, {3, ""}, {4, CodeOutputTooLarge}}
	reader := bufio.NewReader(&out)
	for _, want := range wanted {
		head, err := readFrame(reader)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := readFrame(reader); err != nil || len(body) != 0 {
			t.Fatalf("body %q, error %v", body, err)
		}
		var answer Answer
		if err := json.Unmarshal(head, &answer); err != nil {
			t.Fatal(err)
		}
		code := Code("")
		if answer.Error != nil {
			code = answer.Error.Code
		}
		if answer.ID != want.id || code != want.code {
			t.Errorf("got %d %q, want %d %q", answer.ID, code, want.id, want.code)
		}
	}
}

func TestServeEndsWithAnErrorInTheMiddleOfAMessage(t *testing.T) {
	for _, input := range []string{"\x00\x00", "\x00\x00\x00\x05abc", "\x00\x00\x00\x02{}", "\xff\xff\xff\xff"} {
		if err := serve(strings.NewReader(input), io.Discard, newWorker(0)); err == nil {
			t.Errorf("%q was accepted", input)
		}
	}
}

func TestFramesAreBigEndian(t *testing.T) {
	var out bytes.Buffer
	writer := bufio.NewWriter(&out)
	_ = writeFrame(writer, make([]byte, 258))
	_ = writer.Flush()
	if got := binary.BigEndian.Uint32(out.Bytes()); got != 258 || out.Len() != 262 {
		t.Errorf("got %d in %d bytes", got, out.Len())
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	operations["panic"] = func(*Worker, *Request) (any, error) { panic("on purpose") }
	defer delete(operations, "panic")
	if _, failure := ask[any](t, newWorker(0), "panic", nil, nil); failure == nil || failure.Code != CodeInternal {
		t.Errorf("got %v", failure)
	}
}
