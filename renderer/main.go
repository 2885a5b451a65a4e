// The render worker: the real Helm engine, kubectl's YAML parser and JSON Schema behind a pipe.
//
// It reads requests from standard input and writes one answer each to standard output (protocol.go). It has no
// state but a bounded cache of parsed charts. Charts are hostile until proven otherwise and the engine cannot be
// interrupted, so the process is made to be killed: it opens no file and no socket after its start, its memory is
// limited, and whoever started it sets the deadline.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// largeBody is from where on memory matters more than time: its heap is ten times that of a render, so it is collected
// after the percentage largeGarbage, not fivefold, and given back at once.
const (
	largeBody    = 2 << 20
	largeGarbage = 75
)

func main() {
	confinement := Confinement{}
	flag.Int64Var(&confinement.DataBytes, "data-bytes", 0, "hard limit of the data segment; 0 means none")
	flag.Int64Var(&confinement.HeapBytes, "heap-bytes", 0, "where the garbage collector starts to try hard; 0 means none")
	cacheBytes := flag.Int64("cache-bytes", 32<<20, "unpacked bytes of parsed charts that are kept")
	flag.Parse()
	if err := confinement.apply(); err != nil {
		fmt.Fprintln(os.Stderr, "render worker:", err)
		os.Exit(1)
	}
	if err := serve(os.Stdin, os.Stdout, newWorker(*cacheBytes)); err != nil {
		fmt.Fprintln(os.Stderr, "render worker:", err)
		os.Exit(1)
	}
}

// serve answers requests until the input ends.
func serve(in io.Reader, out io.Writer, worker *Worker) error {
	reader, writer := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	for {
		request, err := readRequest(reader)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		large := len(request.Body) > largeBody
		usual := 0
		if large {
			usual = debug.SetGCPercent(largeGarbage)
		}
		if err := writeAnswer(writer, worker.answer(request)); err != nil {
			return err
		}
		if request = nil; large {
			// An index that is read once an hour would be paid for until the next one.
			debug.SetGCPercent(usual)
			debug.FreeOSMemory()
		}
	}
}
