package main

import (
	"encoding/json"
	"fmt"
)

// Worker is what outlives a request: the parsed charts.
type Worker struct {
	charts *Charts
	notes  *Notices
}

func newWorker(cacheBytes int64) *Worker {
	return &Worker{charts: newCharts(cacheBytes), notes: captureNotices()}
}

// operations is the whole interface of the worker. Each operation decodes its own input.
var operations = map[string]func(*Worker, *Request) (any, error){
	"compose":      (*Worker).compose,
	"dependencies": (*Worker).dependencies,
	"index":        (*Worker).index,
	"load":         (*Worker).load,
	"pack":         (*Worker).pack,
	"render":       (*Worker).render,
	"schema":       (*Worker).schema,
	"template":     (*Worker).template,
	"unpack":       (*Worker).unpack,
	"yaml":         (*Worker).yaml,
	"variables":    (*Worker).variables,
	"version":      (*Worker).version,
	"versions":     (*Worker).versions,
}

func (w *Worker) answer(request *Request) Answer {
	result, err := w.perform(request)
	if err == nil {
		var encoded []byte
		if encoded, err = marshal(result); err == nil {
			if limit := request.Limits.OutputBytes; limit <= 0 || int64(len(encoded)) <= limit {
				return Answer{ID: request.ID, OK: encoded}
			}
			err = outputTooLarge(int64(len(encoded)), request.Limits)
		}
	}
	return Answer{ID: request.ID, Error: asFailure(err)}
}

func (w *Worker) perform(request *Request) (result any, err error) {
	operation, ok := operations[request.Op]
	if !ok {
		return nil, fail(CodeRequestInvalid, Place{}, "there is no operation %q", request.Op)
	}
	defer func() {
		if trouble := recover(); trouble != nil {
			result, err = nil, fmt.Errorf("operation %s panicked: %v", request.Op, trouble)
		}
	}()
	w.notes.reset()
	return operation(w, request)
}

func decode[T any](request *Request) (*T, error) {
	input := new(T)
	if err := json.Unmarshal(request.Input, input); err != nil {
		return nil, fail(CodeRequestInvalid, Place{}, "the input of %s: %v", request.Op, err)
	}
	return input, nil
}

func outputTooLarge(size int64, limits Limits) *Failure {
	return fail(CodeOutputTooLarge, Place{}, "the output has %d bytes, allowed are %d", size, limits.OutputBytes)
}
