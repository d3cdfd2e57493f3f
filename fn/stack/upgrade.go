package stack

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// running is the release that a stack is pinned to: the one that its API server's Deployment carries, and beside it the composite's
// status, so that losing one of them loses nothing. Where they disagree, an upgrade was under way: the release on the far side of a
// one-way migration wins, because its tables may be there already; without one, the Deployment's.
func (p *Platform) running(w World) string {
	deployed := w.Observed[keyAPIServerDeployment].Annotation(AnnotationRelease)
	if deployed == "" {
		return w.Release
	}
	d, s := p.Catalogue[deployed], p.Catalogue[w.Release]
	if d != nil && s != nil && s.Schema > d.Schema {
		return s.Name
	}
	return deployed
}

// validateUpgrade refuses the way back across a migration. The stack stays as it is, on the release that it runs.
func validateUpgrade(s *Stack, running string) field.ErrorList {
	from, to := s.Platform.Catalogue[running], s.Release
	if from == nil || to == nil || to.Schema >= from.Schema {
		return nil
	}
	return field.ErrorList{field.Forbidden(specPath.Child("release"), fmt.Sprintf(
		"the database has been migrated for release %s, and release %s cannot read it: there is no way back but a backup", running, to.Name))}
}
