// The control plane of the sandbox: etcd, the Kubernetes control plane, kwok that plays the nodes, and the
// command line tools that tests compare with, linked from their released Go modules into one program.
//
// The program acts as the name it is called by (`argv[0]`), so one file and a symbolic link per role do for
// all of them. The roles run as separate processes: within one, they would fight over signals, logging and
// the component registry.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	endWithSupervisor()
	if err := act(filepath.Base(os.Args[0]), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

// act runs the role of the given name; `arguments` are the whole command line, the program's name included.
func act(name string, arguments []string) error {
	role, known := roles[name]
	if !known {
		return fmt.Errorf("unknown role %q: call this program by a link named as one of %s", name, roleNames())
	}
	return role(arguments)
}
