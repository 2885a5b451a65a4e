package main

import (
	"os"
	"strconv"
	"time"
)

const (
	// supervisorVariable holds the process id of the supervisor that started this process.
	supervisorVariable = "CANTATA_SANDBOX_SUPERVISOR"
	watchInterval      = 300 * time.Millisecond
)

// endWithSupervisor lets this process end soon after its supervisor, however that ended: a supervisor that
// was killed must leave nothing behind. A hard end is no loss, as the cluster's state is safe in etcd's log.
// It does nothing for a program that a person runs.
func endWithSupervisor() {
	supervisor, err := strconv.Atoi(os.Getenv(supervisorVariable))
	if err != nil {
		return
	}
	go func() {
		for os.Getppid() == supervisor {
			time.Sleep(watchInterval)
		}
		os.Exit(1)
	}()
}
