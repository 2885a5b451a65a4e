package main

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kube-scheduler/framework"
)

func TestOnlyPodsAnnotatedAsUnschedulableAreRefused(t *testing.T) {
	cases := map[string]framework.Code{
		"":              framework.Skip,
		"slow":          framework.Skip,
		"unschedulable": framework.UnschedulableAndUnresolvable,
	}
	for behaviour, expected := range cases {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{behaviourAnnotation: behaviour}}}
		_, status := schedulingBehaviour{}.PreFilter(context.Background(), nil, pod, nil)
		if status.Code() != expected {
			t.Errorf("behaviour %q: %v, expected %v", behaviour, status.Code(), expected)
		}
	}
}
