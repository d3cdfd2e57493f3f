package stack

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// mlmdSchema is what of ML Metadata 1.14.0's MetadataStoreServerConfig is in use. A field that is
// not here is an error, as it is there.
const mlmdSchema = `
name: "mlmd.proto"
message_type { name: "Config"
  field { name: "connection_config" number: 1 type: TYPE_MESSAGE type_name: ".Connection" }
  field { name: "migration_options" number: 3 type: TYPE_MESSAGE type_name: ".Migration" } }
message_type { name: "Connection"
  field { name: "mysql" number: 2 type: TYPE_MESSAGE type_name: ".MySQL" } }
message_type { name: "Migration"
  field { name: "enable_upgrade_migration" number: 3 type: TYPE_BOOL } }
message_type { name: "MySQL"
  field { name: "host" number: 1 type: TYPE_STRING }
  field { name: "port" number: 2 type: TYPE_UINT32 }
  field { name: "database" number: 3 type: TYPE_STRING }
  field { name: "user" number: 4 type: TYPE_STRING }
  field { name: "password" number: 5 type: TYPE_STRING }
  field { name: "ssl_options" number: 7 type: TYPE_MESSAGE type_name: ".SSL" }
  field { name: "skip_db_creation" number: 8 type: TYPE_BOOL } }
message_type { name: "SSL"
  field { name: "ca" number: 3 type: TYPE_STRING }
  field { name: "verify_server_cert" number: 6 type: TYPE_BOOL } }
`

// parsed reads a text proto as ML Metadata does.
func parsed(t *testing.T, text []byte) map[string]any {
	t.Helper()
	schema := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(mlmdSchema), schema); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	config := dynamicpb.NewMessage(file.Messages().ByName("Config"))
	if err := prototext.Unmarshal(text, config); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	read(t, string(raw), &fields)
	return fields
}

// written runs the script as the init container does, but for where it writes, and returns the
// file.
func written(t *testing.T, s *Stack, env map[string]string) ([]byte, error) {
	t.Helper()
	d := metadataDeployment(s, nil)
	init := d.Spec.Template.Spec.InitContainers[0]
	file := filepath.Join(t.TempDir(), "config.pbtxt")
	script := strings.ReplaceAll(init.Args[0], fileMetadataConfig, file)
	if script == init.Args[0] {
		t.Fatalf("the script does not write to %s, where ML Metadata reads", fileMetadataConfig)
	}
	cmd := exec.Command(init.Command[0], append(slices.Clone(init.Command[1:]), script)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Logf("the script says: %s", out)
		return nil, err
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file holds a password and is for its owner alone: %v, %v", info, err)
	}
	return os.ReadFile(file)
}

func TestMetadataConfigHoldsAnyPassword(t *testing.T) {
	cases := map[string]struct{ reason, password string }{
		"Generated":    {"what provider-sql makes", "Zk3mPq8vRt5xWy2nBc7dFg4hJs1"},
		"DoubleQuotes": {"a text proto's own quotes", `say "hello"`},
		"SingleQuotes": {"the script's own quotes", `it's 'quoted'`},
		"Backslashes":  {"a text proto's escapes", `a\b\\c\n\"d\`},
		"Dollars":      {"the shell's variables and commands", `$HOME ${PATH} $(id) $$`},
		"Backticks":    {"the shell's other commands", "`id`"},
		"Operators":    {"all else that a shell knows", `;&|<>(){}[]*?!#~^= end`},
		"Formats":      {"printf's and sed's", `%s %d %% &/\1 s/a/b/`},
		"Option":       {"what looks like a flag of printf or echo", `-n -e`},
		"Spaces":       {"spaces at either end", `  two  spaces  `},
		"Unicode":      {"letters of any script", `пароль-κωδικός-🔑-é`},
		"Injection":    {"what tries to end the string and go on", `" } } migration_options { enable_upgrade_migration: false } #`},
	}
	s := newStack(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			text, err := written(t, s, map[string]string{
				"DATABASE_HOST": "mysql.example.org", "DATABASE_PORT": "3306", "DATABASE_USER": tc.password, "DATABASE_PASSWORD": tc.password,
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"connection_config": map[string]any{"mysql": map[string]any{
					"host": "mysql.example.org", "port": 3306.0, "database": s.ID, "user": tc.password, "password": tc.password,
					"skip_db_creation": true, "ssl_options": map[string]any{"verify_server_cert": false},
				}},
				"migration_options": map[string]any{"enable_upgrade_migration": true},
			}
			if diff := cmp.Diff(want, parsed(t, text)); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMetadataConfigTLS(t *testing.T) {
	cases := map[string]struct {
		reason string
		mod    mod
		want   any
		mounts bool
	}{
		"Verify": {
			"against the file that is mounted",
			verified(testCA),
			map[string]any{"ca": dirDatabaseCA + "/" + keyDatabaseCA, "verify_server_cert": true},
			true,
		},
		"SkipVerify": {
			"encrypted, though to whom is not known",
			classes(t, `database: {shared: {tls: SkipVerify}}`),
			map[string]any{"verify_server_cert": false},
			false,
		},
		"Disabled": {"any options at all would encrypt", classes(t, `database: {shared: {tls: Disabled}}`), nil, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mod)
			text, err := written(t, s, map[string]string{"DATABASE_HOST": "h", "DATABASE_PORT": "1", "DATABASE_USER": "u", "DATABASE_PASSWORD": "p"})
			if err != nil {
				t.Fatal(err)
			}
			connection, _ := parsed(t, text)["connection_config"].(map[string]any)
			mysql, _ := connection["mysql"].(map[string]any)
			if diff := cmp.Diff(tc.want, mysql["ssl_options"]); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			pod := metadataDeployment(s, nil).Spec.Template.Spec
			var mounted bool
			for _, m := range pod.Containers[0].VolumeMounts {
				mounted = mounted || m.MountPath == dirDatabaseCA
			}
			if mounted != tc.mounts {
				t.Errorf("the authorities are mounted: %t", mounted)
			}
		})
	}
}

// ML Metadata takes a config that it cannot find for none at all and goes on in memory, so this
// must end the pod before it starts.
func TestMetadataConfigFailsLoudly(t *testing.T) {
	pod := metadataDeployment(newStack(t), nil).Spec.Template.Spec
	init := pod.InitContainers[0]
	script := strings.ReplaceAll(init.Args[0], fileMetadataConfig, filepath.Join(t.TempDir(), "nowhere", "config.pbtxt"))
	cmd := exec.Command(init.Command[0], append(slices.Clone(init.Command[1:]), script)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DATABASE_HOST=h", "DATABASE_PORT=1", "DATABASE_USER=u", "DATABASE_PASSWORD=p"}
	if err := cmd.Run(); err == nil {
		t.Error("the script cannot write, and succeeds")
	}
	for _, want := range []string{"--metadata_source_config_type=config_file", "--metadata_store_server_config_file=" + fileMetadataConfig} {
		if !slices.Contains(pod.Containers[0].Args, want) {
			t.Errorf("%s is not among the arguments %v", want, pod.Containers[0].Args)
		}
	}
}

func TestMetadataScriptStopsWithoutAPassword(t *testing.T) {
	init := metadataDeployment(newStack(t), nil).Spec.Template.Spec.InitContainers[0]
	script := strings.ReplaceAll(init.Args[0], fileMetadataConfig, t.TempDir()+"/config.pbtxt")
	cmd := exec.Command(init.Command[0], append(slices.Clone(init.Command[1:]), script)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DATABASE_HOST=h", "DATABASE_PORT=1", "DATABASE_USER=u"}
	if err := cmd.Run(); err == nil {
		t.Error("there is no password, and the script succeeds")
	}
}

func TestMetadataKeepsThePasswordOffTheCommandLine(t *testing.T) {
	pod := metadataDeployment(newStack(t), nil).Spec.Template.Spec
	for _, ct := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, v := range ct.Env {
			if strings.Contains(v.Name, "PASSWORD") && v.ValueFrom.SecretKeyRef.Name != secretDatabase {
				t.Errorf("%s of %s does not come from the Secret %s", v.Name, ct.Name, secretDatabase)
			}
		}
		if strings.Contains(strings.Join(ct.Args, " "), "--mysql_config_password") {
			t.Errorf("a flag of %s holds a password: %v", ct.Name, ct.Args)
		}
	}
}

func TestMetadataParts(t *testing.T) {
	envoy := []string{"metadata-envoy-config", "metadata-envoy-deployment", "metadata-envoy-service", "network-policy-metadata-envoy"}
	cases := map[string]struct {
		reason  string
		mods    []mod
		present []string
		absent  []string
	}{
		"Default":  {"the store and its envoy", nil, append([]string{"metadata-deployment", "network-policy-metadata"}, envoy...), nil},
		"NoEnvoy":  {"only lineage pages need it", []mod{claims(t, `mlmd: {envoy: {enabled: false}}`)}, []string{"metadata-deployment"}, envoy},
		"Unfenced": {"without policies", []mod{unfenced}, envoy[:3], []string{"network-policy-metadata", envoy[3]}},
		"None": {
			"a release without it",
			[]mod{withoutMLMD},
			nil,
			append([]string{"metadata-deployment", "metadata-service", "metadata-config"}, envoy...),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := names(everything(t, newStack(t, tc.mods...)))
			for _, n := range tc.present {
				if !slices.Contains(got, n) {
					t.Errorf("%s: %s is missing", tc.reason, n)
				}
			}
			for _, n := range tc.absent {
				if slices.Contains(got, n) {
					t.Errorf("%s: %s is there", tc.reason, n)
				}
			}
		})
	}
}

// envoy has no port for administration, by which anybody could end it, and lets no other origin in.
func TestEnvoyConfig(t *testing.T) {
	var config map[string]any
	read(t, envoyJSON, &config)
	if _, ok := config["static_resources"]; !ok || len(config) != 1 {
		t.Errorf("want static_resources and nothing else, such as admin: %v", config)
	}
	for _, word := range []string{"filters.http.grpc_web", "filters.http.router", nameMetadataService} {
		if !strings.Contains(envoyJSON, word) {
			t.Errorf("%s is not in the configuration", word)
		}
	}
	if strings.Contains(envoyJSON, "cors") {
		t.Error("the web interface proxies from its own origin: no other needs to be let in")
	}
}
