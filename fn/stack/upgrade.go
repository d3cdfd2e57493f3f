package stack

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// pin is a release that a stack remembers.
type pin struct {
	release string
	schema  int // the generation of its tables, zero if nobody knows
}

// running is the release that a stack is pinned to: the one that its API server's Deployment
// carries, and beside it the composite's status, so that losing one of them loses nothing. Where
// they disagree, an upgrade was under way: the release on the far side of a one-way migration wins,
// because its tables may be there already; without one, the Deployment's.
func (p *Class) running(w World) pin {
	d := w.Observed[resAPIServerDeployment]
	deployed, status := p.pin(d.Annotation(AnnotationRelease)), p.pin(w.Release)
	if n, err := strconv.Atoi(d.Annotation(AnnotationSchema)); err == nil {
		deployed.schema = n // the catalogue may have lost the release, or a function of before not know it yet
	}
	if deployed.release == "" || deployed.schema > 0 && status.schema > deployed.schema {
		return status
	}
	return deployed
}

func (p *Class) pin(release string) pin {
	if r := p.Catalogue[release]; r != nil {
		return pin{release, r.Schema}
	}
	return pin{release: release}
}

// validateUpgrade refuses the way back across a migration. The stack stays as it is, on the release
// that it runs.
func validateUpgrade(s *Stack, running pin) field.ErrorList {
	to := s.Release
	if to == nil || to.Schema >= running.schema {
		return nil
	}
	return field.ErrorList{field.Forbidden(specPath.Child("release"), fmt.Sprintf(
		"the database has been migrated for release %s, and release %s cannot read it: there is no way back but a backup",
		running.release,
		to.Name,
	))}
}
