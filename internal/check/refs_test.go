package check

import "testing"

func TestReferences(t *testing.T) {
	cases := map[string]struct {
		reason  string
		change  []string
		options func(*ReferenceOptions)
		want    []string
	}{
		"Complete": {reason: "the sample has no loose end"},
		"SecretKey": {
			reason: "a managed resource writes known keys only",
			change: []string{"secretKeyRef: {name: db, key: username}", "secretKeyRef: {name: db, key: user}"},
			want: []string{
				`Deployment/ml-pipeline: spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef: Secret db, which User/user-1 makes, has no key "user"`,
			},
		},
		"SecretMissing": {
			reason: "nobody makes the Secret",
			change: []string{"secretKeyRef: {name: db,", "secretKeyRef: {name: dbx,"},
			want:   []string{"Secret dbx does not exist"},
		},
		"ConfigMapItem": {
			reason: "an item of a volume is a key",
			change: []string{"{key: config.json, path", "{key: config.yaml, path"},
			want:   []string{`volumes[0].configMap: ConfigMap server-config, which ConfigMap/server-config makes, has no key "config.yaml"`},
		},
		"ProjectedItem": {
			reason: "so is one of a projected volume, here of OpenShift's certificate",
			change: []string{"items: [{key: tls.crt", "items: [{key: tls.pem"},
			want:   []string{`Secret serving, which Service/ml-pipeline makes, has no key "tls.pem"`},
		},
		"EnvFrom": {
			reason: "a whole Secret as variables",
			change: []string{"secretRef: {name: store}", "secretRef: {name: shop}"},
			want:   []string{"envFrom[0].secretRef: Secret shop does not exist"},
		},
		"PullSecret": {
			reason:  "a user's Secret must be declared",
			options: func(o *ReferenceOptions) { o.Secrets = nil },
			want:    []string{"imagePullSecrets[0]: Secret pull does not exist"},
		},
		"UserSecretKeys": {
			reason:  "and its keys may be",
			change:  []string{"{name: store, key: access}}}]", "{name: pull, key: token}}}]"},
			options: func(o *ReferenceOptions) { o.Secrets["pull"] = []string{".dockerconfigjson"} },
			want:    []string{`Secret pull, which the options makes, has no key "token"`},
		},
		"PendingKey": {
			reason: "the keys of a Secret that the function fills later are missing",
			change: []string{"stringData: {access: a, secret: b}", "type: Opaque"},
			want: []string{
				"artifactRepository.s3.accessKeySecret",
				"providers.s3.default.credentials.secretRef",
				"providers.s3.default.credentials.secretRef",
				"PodMonitor/p",
			},
		},
		"PendingKeyAllowed": {
			reason:  "unless that is allowed",
			change:  []string{"stringData: {access: a, secret: b}", "type: Opaque"},
			options: func(o *ReferenceOptions) { o.AllowPendingKeys = true },
		},
		"DocumentSecret": {
			reason: "documents in ConfigMaps name Secrets",
			change: []string{"secretName: store", "secretName: shop"},
			want:   []string{"ConfigMap/server-config: data.providers.s3.default.credentials.secretRef: Secret shop does not exist"},
		},
		"DocumentServiceAccount": {
			reason: "and service accounts",
			change: []string{`"serviceAccountName":"ml-pipeline"`, `"serviceAccountName":"viewer"`},
			want:   []string{"ServiceAccount viewer does not exist"},
		},
		"ServiceAccount": {
			reason: "a pod's service account",
			change: []string{"serviceAccountName: ml-pipeline\n", "serviceAccountName: default\n"},
			want:   []string{"spec.template.spec.serviceAccountName: ServiceAccount default does not exist"},
		},
		"VariableNames": {
			reason: "variables whose name says what they name",
			change: []string{
				"DEFAULTSERVICEACCOUNT, value: ml-pipeline",
				"DEFAULTSERVICEACCOUNT, value: runner",
				"ML_PIPELINE_SERVICE_NAME, value: ml-pipeline",
				"ML_PIPELINE_SERVICE_NAME, value: api",
			},
			want: []string{"ServiceAccount runner", "Service api"},
		},
		"VariableNamesOfFiles": {
			reason: "Secrets, ConfigMaps and service accounts in variables",
			change: []string{
				"- {name: DEFAULTSERVICEACCOUNT, value: ml-pipeline}",
				"- {name: CABUNDLE_SECRET_NAME, value: ca}\n        - {name: CABUNDLE_CONFIGMAP_NAME, value: ca}\n        - {name: RUNNER_SERVICE_ACCOUNT, value: runner}",
			},
			want: []string{
				"env[0].value: Secret ca does not exist",
				"env[1].value: ConfigMap ca does not exist",
				"env[2].value: ServiceAccount runner does not exist",
			},
		},
		"FlagNames": {
			reason: "flags as well",
			change: []string{"--configmap, server-config", "--configmap, controller-config"},
			want:   []string{"args[1]: ConfigMap controller-config does not exist"},
		},
		"SubPath": {
			reason: "a file out of a ConfigMap is a key",
			change: []string{"subPath: pod.json", "subPath: pods.json"},
			want:   []string{`volumeMounts[0].subPath: the ConfigMap, which ConfigMap/server-config makes, has no key "pods.json"`},
		},
		"RoleMissing": {
			reason: "a binding's role",
			change: []string{"roleRef: {kind: Role, name: r}", "roleRef: {kind: Role, name: s}"},
			want:   []string{"RoleBinding/r: roleRef: Role s does not exist"},
		},
		"ClusterRole": {
			reason: "a shipped ClusterRole",
			change: []string{"name: shipped", "name: admin"},
			want:   []string{"ClusterRole admin does not exist"},
		},
		"Subject": {
			reason: "a binding's subject",
			change: []string{"subjects: [{kind: ServiceAccount, name: ml-pipeline", "subjects: [{kind: ServiceAccount, name: ml-pipelines"},
			want:   []string{"subjects[0]: ServiceAccount ml-pipelines does not exist"},
		},
		"ResourceNames": {
			reason: "a rule's names",
			change: []string{"resourceNames: [store]", "resourceNames: [shop]"},
			want:   []string{"rules[0].resourceNames[0]: Secret shop does not exist"},
		},
		"Twice": {
			reason: "two objects of one name",
			change: []string{
				"kind: ServiceAccount\n",
				"kind: ServiceAccount\nmetadata: {name: ml-pipeline, namespace: team-a}\n---\napiVersion: v1\nkind: ServiceAccount\n",
			},
			want: []string{"ServiceAccount/ml-pipeline: is there twice"},
		},
		"TwoMakers": {
			reason: "two objects that make one Secret overwrite each other",
			change: []string{"tls: [{secretName: web}]", "tls: [{secretName: store}]", "spec: {secretName: web", "spec: {secretName: store"},
			want:   []string{"Certificate/web: makes store, which Secret/store makes too"},
		},
		"ManagedRef": {
			reason: "a managed resource that is not there",
			change: []string{"databaseRef: {name: database-1}", "databaseRef: {name: database-2}"},
			want:   []string{"Grant/grant-1: spec.forProvider.databaseRef: no managed resource named database-2"},
		},
		"ManagedRefKind": {
			reason: "a resource of that name, but of another kind",
			change: []string{"databaseRef: {name: database-1}", "databaseRef: {name: user-1}"},
			want:   []string{"databaseRef: no managed resource named user-1"},
		},
		"ManagedRefGroup": {
			reason: "kinds of another group of the same provider are found, here not",
			change: []string{"roleArnRef: {name: role-1}", "roleArnRef: {name: role-2}"},
			want:   []string{"PodIdentityAssociation/pia-1: spec.forProvider.roleArnRef"},
		},
		"ManagedRefGiven": {
			reason:  "the platform's own resources must be declared",
			options: func(o *ReferenceOptions) { o.Managed = nil },
			want:    []string{"clusterNameRef: no managed resource named main"},
		},
		"ManagedSelector": {
			reason: "a selector finds a resource by label",
			change: []string{"roleArnRef: {name: role-1}", "roleArnSelector: {matchLabels: {a: c}}"},
			want:   []string{"roleArnSelector: selects no managed resource"},
		},
		"ManagedSelectorFound": {
			reason: "here it does",
			change: []string{"roleArnRef: {name: role-1}", "roleArnSelector: {matchLabels: {a: b}}"},
		},
		"Given": {
			reason: "service accounts and Services that others make",
			change: []string{"serviceAccountName: ml-pipeline\n", "serviceAccountName: default\n", "--api=ml-pipeline:8888", "--api=elsewhere:1"},
			options: func(o *ReferenceOptions) {
				o.ServiceAccounts, o.Services = []string{"default"}, []string{"elsewhere"}
			},
		},
		"Injected": {
			reason: "OpenShift fills a ConfigMap that asks for it, with one key",
			change: []string{
				"name: server-config, namespace: team-a}",
				"name: server-config, namespace: team-a, labels: {config.openshift.io/inject-trusted-cabundle: 'true'}, annotations: {service.beta.openshift.io/inject-cabundle: 'true'}}",
				"name: BUCKET, valueFrom: {configMapKeyRef: {name: bucket, key: BUCKET_NAME}}",
				"name: BUCKET, valueFrom: {configMapKeyRef: {name: server-config, key: ca-bundle.crt}}",
				"name: KEY, valueFrom: {secretKeyRef: {name: bucket, key: AWS_ACCESS_KEY_ID}}",
				"name: KEY, valueFrom: {configMapKeyRef: {name: server-config, key: service-ca.crt}}",
			},
		},
		"NotInjected": {
			reason: "and no other",
			change: []string{"configMapKeyRef: {name: bucket, key: BUCKET_NAME}", "configMapKeyRef: {name: server-config, key: ca-bundle.crt}"},
			want:   []string{`has no key "ca-bundle.crt"`},
		},
		"ResourceNamesConfigMap": {
			reason: "a rule's ConfigMaps",
			change: []string{"resources: [secrets], resourceNames: [store]", "resources: [configmaps], resourceNames: [store]"},
			want:   []string{"ConfigMap store does not exist"},
		},
		"SubPathItemFound": {
			reason: "here it is, under another name than its key",
			change: []string{
				"configMap: {name: server-config}",
				"configMap: {name: server-config, items: [{key: pod.json, path: x.json}]}",
				"subPath: pod.json",
				"subPath: x.json",
			},
		},
		"SubPathItem": {
			reason: "when a volume picks items, a file is one of them",
			change: []string{"configMap: {name: server-config}", "configMap: {name: server-config, items: [{key: pod.json, path: x.json}]}"},
			want:   []string{"no item of the volume has the path pod.json"},
		},
		"SubPathSecret": {
			reason: "a file out of a Secret is a key",
			change: []string{"configMap: {name: server-config}", "secret: {secretName: store}"},
			want:   []string{`the Secret, which Secret/store makes, has no key "pod.json"`},
		},
		"UnknownKeys": {
			reason: "a kind that writes a Secret needs a line in the table",
			change: []string{
				"kind: Database\nmetadata: {name: database-1}\nspec: {}",
				"kind: Database\nmetadata: {name: database-1}\nspec: {writeConnectionSecretToRef: {name: x, namespace: team-a}}",
			},
			want: []string{"it is not known which keys a Database.mysql.sql.crossplane.io writes"},
		},
		"Carried": {
			reason: "objects inside Objects count, and so do the keys that an Object copies",
			change: []string{
				"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ml-pipeline, namespace: team-a}\n",
				`apiVersion: kubernetes.m.crossplane.io/v1alpha1
kind: Object
metadata: {name: o, namespace: team-a}
spec:
  connectionDetails: [{toConnectionSecretKey: k}]
  writeConnectionSecretToRef: {name: copied}
  forProvider: {manifest: {apiVersion: v1, kind: ServiceAccount, metadata: {name: ml-pipeline, namespace: team-a}}}
`,
				"secretKeyRef: {name: db, key: username}",
				"secretKeyRef: {name: copied, key: l}",
			},
			want: []string{`Secret copied, which Object/o makes, has no key "l"`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			opts := sampleOptions()
			if tc.options != nil {
				tc.options(&opts)
			}
			expect(t, tc.reason, References(parse(t, change(t, sampleStack, tc.change...)), opts), tc.want)
		})
	}
}
