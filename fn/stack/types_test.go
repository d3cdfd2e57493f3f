package stack

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// filesOfTypes may name a type of store: its own file, the tables of types, what tells data apart,
// and the built-in default.
var filesOfTypes = []string{
	"database_shared.go",
	"objectstore_aws.go",
	"objectstore_aws_iam.go",
	"database_embedded.go",
	"database_external.go",
	"objectstore_embedded.go",
	"objectstore_external.go",
	"classless.go",
	"types.go",
	"identity.go",
	"defaults.go",
}

// Whoever uses a store reads its description. A consumer that asks for the type has to be found and
// changed with each further type.
func TestTypesAreKnownInTheirOwnFiles(t *testing.T) {
	named := map[string]bool{}
	for _, name := range sources(t) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); !ok || x.Name != "v1alpha1" || !slices.Contains(typesOfStores, s.Sel.Name) {
				return true
			}
			named[name] = true
			if !slices.Contains(filesOfTypes, name) {
				t.Errorf("%s asks for %s: put what it needs to know into the description in stores.go", name, s.Sel.Name)
			}
			return true
		})
	}
	if !named["types.go"] || !named["defaults.go"] {
		t.Error("this test does not see who names types")
	}
}

var typesOfStores = []string{
	"DatabaseShared",
	"DatabaseEmbedded",
	"DatabaseExternal",
	"ObjectStoreShared",
	"ObjectStoreEmbedded",
	"ObjectStoreExternal",
}

// Every type that the API has is offered, or refused as still to come; none is both.
func TestTypesAreOfferedOrRefused(t *testing.T) {
	var later []string
	for _, r := range laterSettings {
		if strings.HasSuffix(r.path, ".type") {
			for _, v := range r.values {
				later = append(later, r.path+" "+v)
			}
		}
	}
	for _, typ := range []v1alpha1.DatabaseType{v1alpha1.DatabaseShared, v1alpha1.DatabaseEmbedded, v1alpha1.DatabaseExternal} {
		if _, offered := databaseTypes[typ]; offered == slices.Contains(later, "database.type "+string(typ)) {
			t.Errorf("database type %s is offered: %t, and refused: %t", typ, offered, offered)
		}
	}
	for _, typ := range []v1alpha1.ObjectStoreType{v1alpha1.ObjectStoreShared, v1alpha1.ObjectStoreEmbedded, v1alpha1.ObjectStoreExternal} {
		if _, offered := storeTypes[typ]; offered == slices.Contains(later, "objectStore.type "+string(typ)) {
			t.Errorf("object store type %s is offered: %t, and refused: %t", typ, offered, offered)
		}
	}
}

// Where a store is refused nothing describes it, and all else that is wrong is said as well.
func TestRefusedStoresHideNothing(t *testing.T) {
	class := classes(t, `{database: {allowedTypes: [Shared]}, objectStore: {allowedTypes: [Shared]}}`)
	const mistakes = `apiServer: {env: [{name: DBCONFIG_MYSQLCONFIG_PASSWORD}, {name: OBJECTSTORECONFIG_ACCESSKEY}]}, mlmd: {env: [{name: DATABASE_PASSWORD}]},
  ui: {enabled: true, env: [{name: AWS_ACCESS_KEY_ID}]}, release: 2.17.0, size: Large`
	want := []string{
		"FieldValueInvalid spec.apiServer.env[0].name", "FieldValueInvalid spec.apiServer.env[1].name", "FieldValueInvalid spec.mlmd.env[0].name",
		"FieldValueInvalid spec.ui.env[0].name", "FieldValueTooLong metadata.name",
	}
	for _, typ := range []string{"Embedded", "External", "Nonsense"} {
		t.Run(typ, func(t *testing.T) {
			_, errs := tryStack(
				class,
				called(strings.Repeat("a", 60)),
				claims(t, `{database: {type: `+typ+`}, objectStore: {type: `+typ+`}, `+mistakes+`}`),
			)
			got := refusals(errs)
			for _, refused := range []string{"FieldValueNotSupported spec.database.type", "FieldValueNotSupported spec.objectStore.type"} {
				if !slices.Contains(got, refused) {
					t.Errorf("%s is missing: %v", refused, got)
				}
			}
			got = slices.DeleteFunc(got, func(e string) bool { return strings.HasSuffix(e, ".type") })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want, +got\n%s", diff)
			}
		})
	}
}

// A store that pods reach by their service accounts has no keys. Variables are empty rather than
// absent: the images have keys of their own for when they are absent.
func TestStoreWithoutKeys(t *testing.T) {
	keyless := func(s *Stack) *Stack { s.store.keys = nil; return s }
	s := keyless(newStack(t, withUI))
	want := map[string]string{
		"OBJECTSTORECONFIG_ACCESSKEY": "", "OBJECTSTORECONFIG_SECRETACCESSKEY": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "MINIO_ACCESS_KEY": "", "MINIO_SECRET_KEY": "",
	}
	got := map[string]string{}
	for _, v := range slices.Concat(apiServerEnv(s), uiEnv(s)) {
		if _, ok := want[v.Name]; ok {
			got[v.Name] = v.Value
			if v.ValueFrom != nil {
				got[v.Name] = v.ValueFrom.SecretKeyRef.Name
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	var providers map[string]any
	read(t, launcherConfig(s).Data[keyProviders], &providers)
	s3, _ := providers["s3"].(map[string]any)
	inDefault, _ := s3["default"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"fromEnv": true}, inDefault["credentials"]); diff != "" {
		t.Errorf("launchers: -want, +got\n%s", diff)
	}
	repository, _ := artifactRepository(s)["s3"].(map[string]any)
	if repository["useSDKCreds"] != true || repository["accessKeySecret"] != nil || repository["secretKeySecret"] != nil {
		t.Errorf("Argo: %v", repository)
	}
	for _, d := range []*appsv1.Deployment{apiServerDeployment(s, nil), uiDeployment(s, nil)} {
		if hash, ok := d.Spec.Template.Annotations[annotationObjectStoreHash]; ok {
			t.Errorf("%s carries the hash %s of no keys", d.Name, hash)
		}
	}
	if name := s.status().ObjectStore.SecretName; name != "" {
		t.Errorf("the status names the Secret %s", name)
	}
}

// A login may be plain values, and a server pods of the namespace: whoever reads a description
// takes both.
func TestDescriptionsOfOtherTypes(t *testing.T) {
	s := newStack(t, withUI)
	s.database.login.host, s.database.login.port = source{value: "mysql"}, source{value: "3307"}
	pods := s.podsOf("mysql")
	s.database.pods, s.database.port = &servers{pods, 3307}, 3307
	inHere := s.podsOf("versitygw")
	s.store.pods, s.store.port, s.store.secure = &servers{inHere, 7070}, 7070, false
	vars := values(apiServerEnv(s))
	got := []string{
		vars["DBCONFIG_MYSQLCONFIG_HOST"], vars["DBCONFIG_MYSQLCONFIG_PORT"], vars["OBJECTSTORECONFIG_SECURE"], vars["OBJECTSTORECONFIG_PORT"],
		values(metadataConfigEnv(s))["DATABASE_HOST"], values(uiEnv(s))["MINIO_PORT"], s.store.endpoint()[:len("http://")],
	}
	if diff := cmp.Diff([]string{"mysql", "3307", "false", "7070", "mysql", "7070", "http://"}, got); diff != "" {
		t.Errorf("-want, +got\n%s", diff)
	}
	for name, want := range map[string][]string{"api": {"mysql tcp3307", "versitygw tcp7070"}, "mlmd": {"mysql tcp3307"}, "pipelines": {"versitygw tcp7070"}} {
		opened := map[string][]string{"api": destinations(apiServerPolicy(s)), "mlmd": destinations(metadataPolicy(s)), "pipelines": destinations(pipelinesPolicy(s))}[name]
		for _, d := range want {
			if !slices.Contains(opened, d) {
				t.Errorf("%s may not reach %s: %v", name, d, opened)
			}
		}
	}
	if v := (source{secret: "a", key: "b"}).env(
		"X",
	); v.ValueFrom.SecretKeyRef.Name != "a" || v.ValueFrom.SecretKeyRef.Key != "b" ||
		v.Value != "" {
		t.Errorf("a key of a Secret becomes %v", v)
	}
	if diff := cmp.Diff(corev1.EnvVar{Name: "X"}, source{}.env("X")); diff != "" {
		t.Errorf("nothing becomes something: %s", diff)
	}
}
