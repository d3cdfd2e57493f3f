package mysql

import (
	"context"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// database plays kind Database.
type database struct{ *server }

func (d database) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	var charset, collation string
	ok, err := d.row(ctx, "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = ?",
		[]any{r.ExternalName()}, &charset, &collation)
	if err != nil || !ok {
		return managed.Observation{}, err
	}
	o := managed.Observation{Exists: true, Ready: true, UpToDate: true}
	for field, is := range map[string]string{"defaultCharacterSet": charset, "defaultCollation": collation} {
		switch want := r.Text(field); want {
		case "":
			r.Set(is, field)
			o.LateInitialized = true
		case is:
		default:
			o.UpToDate = false
		}
	}
	return o, nil
}

func (d database) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return nil, d.exec(ctx, "CREATE DATABASE "+identifier(r.ExternalName())+options(r))
}

func (d database) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return nil, d.exec(ctx, "ALTER DATABASE "+identifier(r.ExternalName())+options(r))
}

func (d database) Delete(ctx context.Context, r managed.Resource) error {
	return d.exec(ctx, "DROP DATABASE IF EXISTS "+identifier(r.ExternalName()))
}

func options(r managed.Resource) string {
	s := ""
	if v := r.Text("defaultCharacterSet"); v != "" {
		s += " CHARACTER SET " + value(v)
	}
	if v := r.Text("defaultCollation"); v != "" {
		s += " COLLATE " + value(v)
	}
	return s
}
