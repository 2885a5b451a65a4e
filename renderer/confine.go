package main

import (
	"fmt"
	"runtime/debug"
	"syscall"
	"time"
	_ "time/tzdata" // Time zones without the host's files, which differ from machine to machine.
)

const rlimitData = 2 // RLIMIT_DATA, which package syscall does not name on every platform.

// Confinement is what the process takes away from itself before it reads the first request.
type Confinement struct {
	// DataBytes bounds the private writable memory. RLIMIT_AS would be the wrong limit: Go reserves far more
	// addresses than it uses.
	DataBytes int64
	HeapBytes int64
}

func (c Confinement) apply() error {
	// Templates that print a date must not depend on the host's time zone.
	time.Local = time.UTC
	// A crash says why in its first lines; the stacks of all goroutines would only bury that.
	debug.SetTraceback("single")
	// A render leaves nothing behind, so collecting rarely costs some 20 MiB and saves a fifth of the CPU time.
	debug.SetGCPercent(400)
	if c.HeapBytes > 0 {
		debug.SetMemoryLimit(c.HeapBytes)
	}
	if c.DataBytes > 0 {
		limit := syscall.Rlimit{Cur: uint64(c.DataBytes), Max: uint64(c.DataBytes)}
		if err := syscall.Setrlimit(rlimitData, &limit); err != nil {
			return fmt.Errorf("limit memory: %w", err)
		}
	}
	// With no descriptor left to hand out, neither a file nor a socket can be opened: no network, no disk.
	none := syscall.Rlimit{Cur: 3, Max: 3}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		return fmt.Errorf("limit open files: %w", err)
	}
	return nil
}
