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

// running is the release that a stack is pinned to. The API server's Deployment carries it, and the
// composite's status too, so that losing one of them loses nothing. Where they disagree, an upgrade
// was under way. The release after a one-way migration then wins, because its tables may be there
// already; without such a migration, the Deployment's release wins.
func (p *Class) running(w World) pin {
	d := w.Observed[resAPIServerDeployment]
	deployed, status := p.pin(d.Annotation(AnnotationRelease)), p.pin(w.Release)
	if n, err := strconv.Atoi(d.Annotation(AnnotationSchema)); err == nil {
		deployed.schema = n // the catalogue may lack the release: removed since, or newer than this function
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
