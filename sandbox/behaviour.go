package main

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kube-scheduler/framework"
)

const (
	// behaviourPlugin is the name that the scheduler's configuration enables.
	behaviourPlugin     = "SandboxBehaviour"
	behaviourAnnotation = "sandbox.cantata.dev/behaviour"
	unschedulable       = "unschedulable"
)

// schedulingBehaviour is a scheduler plugin that finds no node for pods annotated as unschedulable. kwok cannot
// play this behaviour, because it sees a pod only when the pod has a node.
type schedulingBehaviour struct{}

var (
	_ framework.PreFilterPlugin = schedulingBehaviour{}
	_ framework.SignPlugin      = schedulingBehaviour{}
)

func newSchedulingBehaviour(context.Context, runtime.Object, framework.Handle) (framework.Plugin, error) {
	return schedulingBehaviour{}, nil
}

func (schedulingBehaviour) Name() string { return behaviourPlugin }

func (schedulingBehaviour) PreFilter(
	_ context.Context, _ framework.CycleState, pod *corev1.Pod, _ []framework.NodeInfo,
) (*framework.PreFilterResult, *framework.Status) {
	if pod.Annotations[behaviourAnnotation] == unschedulable {
		return nil, framework.NewStatus(framework.UnschedulableAndUnresolvable,
			"the pod's annotation "+behaviourAnnotation+" asks for no node")
	}
	return nil, framework.NewStatus(framework.Skip)
}

// SignPod says which pods this plugin treats alike: without it, the scheduler gives up batching for all pods.
func (schedulingBehaviour) SignPod(_ context.Context, pod *corev1.Pod) ([]framework.SignFragment, *framework.Status) {
	return []framework.SignFragment{{Key: behaviourAnnotation, Value: pod.Annotations[behaviourAnnotation]}}, nil
}

func (schedulingBehaviour) PreFilterExtensions() framework.PreFilterExtensions { return nil }
