package main

import (
	"slices"

	"github.com/Masterminds/semver/v3"
)

// VersionsInput asks which of some versions a constraint allows.
type VersionsInput struct {
	Constraint string   `json:"constraint"`
	Versions   []string `json:"versions"`
}

// VersionsOutput has those that fit, the newest first.
type VersionsOutput struct {
	Versions []string `json:"versions"`
}

// versions chooses as Helm does: an equal text comes first, prereleases only where the constraint names one, and what is
// no semantic version never. Without a constraint everything fits, prereleases too.
func (w *Worker) versions(request *Request) (any, error) {
	input, err := decode[VersionsInput](request)
	if err != nil {
		return nil, err
	}
	var constraint *semver.Constraints
	if input.Constraint != "" {
		if constraint, err = semver.NewConstraint(input.Constraint); err != nil {
			return nil, fail(CodeConstraintInvalid, Place{}, "%q is no range of versions: %v", cut(input.Constraint, maxWord), err)
		}
	}
	fitting := []*semver.Version{}
	for _, text := range input.Versions {
		version, err := semver.NewVersion(text)
		if err == nil && (constraint == nil || text == input.Constraint || constraint.Check(version)) {
			fitting = append(fitting, version)
		}
	}
	slices.SortStableFunc(fitting, func(a, b *semver.Version) int {
		if a.Original() == input.Constraint || b.Original() == input.Constraint {
			return compareBool(b.Original() == input.Constraint, a.Original() == input.Constraint)
		}
		return b.Compare(a)
	})
	answer := &VersionsOutput{Versions: []string{}}
	for _, version := range fitting {
		answer.Versions = append(answer.Versions, version.Original())
	}
	return answer, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
