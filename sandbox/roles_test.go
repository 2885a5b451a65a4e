package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The test program acts as a role when this variable names one, so that each role runs in a process of its
// own, as it does in the sandbox.
const actAs = "SANDBOX_TEST_ROLE"

func TestMain(m *testing.M) {
	if name := os.Getenv(actAs); name != "" {
		if err := act(name, os.Args); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestEachRoleIsTheProgramOfItsName(t *testing.T) {
	cases := map[string]struct{ argument, says string }{
		"etcd":                    {"--help", "etcd [flags]"},
		"kube-apiserver":          {"--help", "The Kubernetes API server validates"},
		"kube-controller-manager": {"--help", "The Kubernetes controller manager"},
		"kube-scheduler":          {"--help", "The Kubernetes scheduler"},
		"kwok":                    {"--help", "kwok is a tool for simulating"},
		"kubectl":                 {"--help", "kubectl controls the Kubernetes cluster manager"},
		"helm":                    {"--help", "The Kubernetes package manager"},
		"metrics-server":          {"--help", "metrics-server"},
	}
	for name := range roles {
		if _, listed := cases[name]; !listed {
			t.Errorf("role %s has no case", name)
		}
	}
	for name, expected := range cases {
		t.Run(name, func(t *testing.T) {
			command := exec.Command(os.Args[0], expected.argument)
			command.Env = append(os.Environ(), actAs+"="+name)
			output, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			if !strings.Contains(string(output), expected.says) {
				t.Errorf("%q is not in:\n%s", expected.says, output)
			}
		})
	}
}

func TestAnUnknownRoleNamesTheKnownOnes(t *testing.T) {
	err := act("kubelet", []string{"kubelet"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"kubelet"`, "etcd", "kube-apiserver", "metrics-server"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not in %v", part, err)
		}
	}
}
