package check

// sampleStack is a small stack in which every reference leads somewhere.
const sampleStack = sampleDeployment + `---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ml-pipeline, namespace: team-a}
---
apiVersion: v1
kind: Service
metadata:
  name: ml-pipeline
  namespace: team-a
  labels: {app: ml-pipeline}
  annotations: {service.beta.openshift.io/serving-cert-secret-name: serving}
spec:
  selector: {app: ml-pipeline}
  ports:
  - {name: http, port: 8888, targetPort: http}
  - {name: grpc, port: 8887}
---
apiVersion: v1
kind: Service
metadata: {name: metadata, namespace: team-a}
spec:
  selector: {app: metadata}
  ports: [{port: 8080}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: server-config, namespace: team-a}
data:
  config.json: '{"api": "http://ml-pipeline.team-a.svc.cluster.local:8888"}'
  METADATA_GRPC_SERVICE_HOST: metadata
  METADATA_GRPC_SERVICE_PORT: "8080"
  envoy.yaml: |
    clusters:
    - socket_address: {address: metadata, port_value: 8080}
  providers: |
    s3:
      default:
        credentials:
          secretRef: {secretName: store, accessKeyKey: access, secretKeyKey: secret}
  artifactRepository: |
    s3:
      accessKeySecret: {name: store, key: access}
  pod.json: '{"spec":{"serviceAccountName":"ml-pipeline"}}'
---
apiVersion: v1
kind: Secret
metadata: {name: store, namespace: team-a}
stringData: {access: a, secret: b}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: metadata, namespace: team-a}
spec:
  serviceName: metadata
  selector: {matchLabels: {app: metadata}}
  template:
    metadata: {labels: {app: metadata}}
    spec:
      imagePullSecrets: [{name: pull}]
      volumes:
      - name: tls
        projected:
          sources:
          - secret: {name: serving, items: [{key: tls.crt, path: tls.crt}]}
          - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - name: config
        configMap: {name: server-config}
      containers:
      - name: store
        image: registry.example.com/ml-pipeline:8
        command: [sh, -c, "date; echo $(date)"]
        args: [--api=ml-pipeline:8888, --configmap, server-config, "--listen=0.0.0.0:8080", $$(ESCAPED)]
        envFrom:
        - secretRef: {name: store}
        - configMapRef: {name: nowhere, optional: true}
        env:
        - {name: DEFAULTSERVICEACCOUNT, value: ml-pipeline}
        - {name: ML_PIPELINE_SERVICE_NAME, value: ml-pipeline}
        - {name: BUCKET, valueFrom: {configMapKeyRef: {name: bucket, key: BUCKET_NAME}}}
        - {name: KEY, valueFrom: {secretKeyRef: {name: bucket, key: AWS_ACCESS_KEY_ID}}}
        ports: [{containerPort: 8080}]
        volumeMounts:
        - {name: config, mountPath: /pod.json, subPath: pod.json}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: team-a}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [store], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: r, namespace: team-a}
roleRef: {kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: ml-pipeline, namespace: team-a}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: c}
roleRef: {kind: ClusterRole, name: shipped}
subjects: [{kind: ServiceAccount, name: ml-pipeline, namespace: team-a}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: server, namespace: team-a}
spec:
  podSelector: {matchLabels: {app: ml-pipeline}}
  ingress:
  - from: [{podSelector: {matchLabels: {pod: workflow}}}]
    ports: [{port: http}]
  egress:
  - to: [{podSelector: {matchLabels: {app: metadata}}}]
    ports: [{port: 8080}]
  - to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: dns}}}]
    ports: [{port: 53}]
---
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: User
metadata: {name: user-1}
spec:
  forProvider: {}
  writeConnectionSecretToRef: {name: db, namespace: team-a}
---
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: Database
metadata: {name: database-1}
spec: {}
---
apiVersion: mysql.sql.crossplane.io/v1alpha1
kind: Grant
metadata: {name: grant-1}
spec:
  forProvider: {userRef: {name: user-1}, databaseRef: {name: database-1}}
---
apiVersion: iam.aws.upbound.io/v1beta1
kind: Role
metadata: {name: role-1, labels: {a: b}}
spec: {forProvider: {}}
---
apiVersion: eks.aws.upbound.io/v1beta1
kind: PodIdentityAssociation
metadata: {name: pia-1}
spec:
  forProvider: {namespace: team-a, serviceAccount: ml-pipeline, roleArnRef: {name: role-1}, clusterNameRef: {name: main}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: h, namespace: team-a}
spec: {rules: [{backendRefs: [{name: ml-pipeline, port: 8888}]}]}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: o, namespace: team-a}
spec: {to: {kind: Service, name: ml-pipeline}, port: {targetPort: http}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, namespace: team-a}
spec:
  tls: [{secretName: web}]
  rules: [{http: {paths: [{backend: {service: {name: ml-pipeline, port: {name: grpc}}}}]}}]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: team-a}
spec: {secretName: web, dnsNames: [ml-pipeline.team-a.svc]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: p, namespace: team-a}
spec: {selector: {matchLabels: {app: ml-pipeline}}, podMetricsEndpoints: [{port: http,
  authorization: {credentials: {name: store, key: access}}}]}
---
apiVersion: objectbucket.io/v1alpha1
kind: ObjectBucketClaim
metadata: {name: bucket, namespace: team-a}
spec: {storageClassName: s}
`

// sampleOptions are what the sample leaves to others.
func sampleOptions() ReferenceOptions {
	return ReferenceOptions{
		Namespace:    "team-a",
		Secrets:      map[string][]string{"pull": nil},
		ClusterRoles: []string{"shipped"},
		Pods:         []map[string]string{{"pod": "workflow"}},
		Managed:      []string{"Cluster/main"},
	}
}
