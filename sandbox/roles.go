package main

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/etcdmain"
	helm "helm.sh/helm/v4/pkg/cmd"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kwokconfig "sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
	kwoklog "sigs.k8s.io/kwok/pkg/log"
	"sigs.k8s.io/kwok/pkg/utils/signals"
	metricsserver "sigs.k8s.io/metrics-server/cmd/metrics-server/app"
)

// A role is one of the programs that this file can be. It gets the whole command line.
type role func(arguments []string) error

// roles is the only list of them; the Python side links the same names.
var roles = map[string]role{
	"etcd":                    runEtcd,
	"kube-apiserver":          component(apiserver.NewAPIServerCommand),
	"kube-controller-manager": component(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          component(newScheduler),
	"metrics-server":          component(newMetricsServer),
	"kwok":                    runKwok,
	"kubectl":                 runKubectl,
	"helm":                    runHelm,
}

func roleNames() string {
	return strings.Join(slices.Sorted(maps.Keys(roles)), ", ")
}

// component makes a role of a command that reads the process's own arguments and logs as Kubernetes does.
// The command is made when the role runs, because making one registers global flags.
func component(newCommand func() *cobra.Command) role {
	return func([]string) error { return cli.RunNoErrOutput(newCommand()) }
}

func newScheduler() *cobra.Command {
	return scheduler.NewSchedulerCommand(scheduler.WithPlugin(behaviourPlugin, newSchedulingBehaviour))
}

func newMetricsServer() *cobra.Command {
	return metricsserver.NewMetricsServerCommand(genericapiserver.SetupSignalHandler())
}

// runEtcd ends the process itself when etcd fails.
func runEtcd(arguments []string) error {
	etcdmain.Main(arguments)
	return nil
}

// runKubectl reports failures in kubectl's own words and exit codes.
func runKubectl([]string) error {
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
	return nil
}

func runHelm(arguments []string) error {
	command, err := helm.NewRootCmd(os.Stdout, arguments[1:], helm.SetupLogging)
	if err != nil {
		return err
	}
	return command.Execute()
}

// runKwok gives kwok a flag set of its own: its `version` flag clashes with the one that component-base
// registers globally as soon as it is linked.
func runKwok(arguments []string) error {
	pflag.CommandLine = pflag.NewFlagSet(arguments[0], pflag.ExitOnError)
	flags := pflag.NewFlagSet("global", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.Usage = func() {}

	ctx, _ := kwoklog.InitFlags(signals.SetupSignalContext(), flags)
	ctx, err := kwokconfig.InitFlags(ctx, flags)
	if err != nil {
		return err
	}
	command := kwok.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(flags)
	return command.ExecuteContext(ctx)
}
