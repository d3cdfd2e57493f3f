package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A source is a project at one version, with the definitions taken from it.
type source struct {
	// Project is the repository, e.g. github.com/crossplane-contrib/provider-sql.
	Project string
	// Version is the released version, with its commit where the files do not
	// come from a Go module, whose version says it all.
	Version string
	// Licence is the project's SPDX identifier.
	Licence string
	// Path is the folder of the definitions in the repository.
	Path string
	// Folder is the folder of the definitions below -crds. Empty: the
	// project's Go module at Version is downloaded.
	Folder string
	// Module is the path of the Go module when it differs from Project.
	Module string
	// Generation is the folder below generations, of definitions that a cluster holds for stacks at
	// work. Empty: kinds that are emitted.
	Generation string
	Kinds      []kind
}

// A kind is one definition and the version of it that is emitted.
type kind struct {
	Kind, Version, File string
}

// output is the kind's file below -out: its definition's name, in JSON.
func (s source) output(k kind) string {
	name := strings.TrimSuffix(filepath.Base(k.File), ".yaml") + ".json"
	if s.Generation == "" {
		return name
	}
	return path.Join(generations, s.Generation, name)
}

// locate returns the folder that holds the source's definitions.
func (s source) locate(crds string) (string, error) {
	if s.Folder != "" {
		return filepath.Join(crds, s.Folder), nil
	}
	module := s.Module
	if module == "" {
		module = s.Project
	}
	tmp, err := os.MkdirTemp("", "schemas")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(tmp) }()

	cmd := exec.Command("go", "mod", "download", "-json", module+"@"+s.Version)
	cmd.Dir = tmp // outside any module: nothing becomes a dependency
	out, err := cmd.Output()
	var info struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &info); jsonErr != nil {
		return "", errors.Join(err, jsonErr)
	}
	if info.Error != "" {
		return "", fmt.Errorf("go mod download: %s", info.Error)
	}
	return filepath.Join(info.Dir, s.Path), err
}

const apache = "Apache-2.0"

// generations is the folder of what a cluster holds for stacks at work: one generation at a time.
const generations = "generations"

// sources lists every definition that becomes test data.
var sources = slices.Concat(emitted, atWork)

// emitted are the kinds that a stack consists of. AWS kinds of the two
// scopes differ in shape under the same version name; the versions here are
// the ones whose shapes fn/managed describes.
var emitted = []source{
	{
		Project: "github.com/crossplane-contrib/provider-sql",
		Version: "v0.16.0 (29aa23afa2cf981fcc35625ff7221c7c45765e21)",
		Licence: apache, Path: "package/crds", Folder: "provider-sql",
		Kinds: []kind{
			{"Database", "v1alpha1", "mysql.sql.crossplane.io_databases.yaml"},
			{"User", "v1alpha1", "mysql.sql.crossplane.io_users.yaml"},
			{"Grant", "v1alpha1", "mysql.sql.crossplane.io_grants.yaml"},
			{"Database", "v1alpha1", "mysql.sql.m.crossplane.io_databases.yaml"},
			{"User", "v1alpha1", "mysql.sql.m.crossplane.io_users.yaml"},
			{"Grant", "v1alpha1", "mysql.sql.m.crossplane.io_grants.yaml"},
		},
	},
	{
		Project: "github.com/crossplane-contrib/provider-kubernetes",
		Version: "v1.2.1",
		Licence: apache, Path: "package/crds",
		Kinds: []kind{{"Object", "v1alpha1", "kubernetes.m.crossplane.io_objects.yaml"}},
	},
	{
		Project: "github.com/crossplane-contrib/provider-upjet-aws",
		Version: "v2.6.0 (857b535dd0eb9b8242ad9d7c4e54aaa3e4616d60)",
		Licence: apache, Path: "package/crds", Folder: "provider-upjet-aws",
		Kinds: []kind{
			{"Bucket", "v1beta2", "s3.aws.upbound.io_buckets.yaml"},
			{"BucketVersioning", "v1beta2", "s3.aws.upbound.io_bucketversionings.yaml"},
			{"BucketPublicAccessBlock", "v1beta1", "s3.aws.upbound.io_bucketpublicaccessblocks.yaml"},
			{"BucketServerSideEncryptionConfiguration", "v1beta2", "s3.aws.upbound.io_bucketserversideencryptionconfigurations.yaml"},
			{"BucketLifecycleConfiguration", "v1beta1", "s3.aws.upbound.io_bucketlifecycleconfigurations.yaml"},
			{"Bucket", "v1beta1", "s3.aws.m.upbound.io_buckets.yaml"},
			{"BucketVersioning", "v1beta1", "s3.aws.m.upbound.io_bucketversionings.yaml"},
			{"BucketPublicAccessBlock", "v1beta1", "s3.aws.m.upbound.io_bucketpublicaccessblocks.yaml"},
			{"BucketServerSideEncryptionConfiguration", "v1beta1", "s3.aws.m.upbound.io_bucketserversideencryptionconfigurations.yaml"},
			{"BucketLifecycleConfiguration", "v1beta1", "s3.aws.m.upbound.io_bucketlifecycleconfigurations.yaml"},
			{"User", "v1beta1", "iam.aws.upbound.io_users.yaml"},
			{"Policy", "v1beta1", "iam.aws.upbound.io_policies.yaml"},
			{"UserPolicyAttachment", "v1beta1", "iam.aws.upbound.io_userpolicyattachments.yaml"},
			{"AccessKey", "v1beta1", "iam.aws.upbound.io_accesskeys.yaml"},
			{"Role", "v1beta1", "iam.aws.upbound.io_roles.yaml"},
			{"RolePolicyAttachment", "v1beta1", "iam.aws.upbound.io_rolepolicyattachments.yaml"},
			{"User", "v1beta1", "iam.aws.m.upbound.io_users.yaml"},
			{"Policy", "v1beta1", "iam.aws.m.upbound.io_policies.yaml"},
			{"UserPolicyAttachment", "v1beta1", "iam.aws.m.upbound.io_userpolicyattachments.yaml"},
			{"AccessKey", "v1beta1", "iam.aws.m.upbound.io_accesskeys.yaml"},
			{"Role", "v1beta1", "iam.aws.m.upbound.io_roles.yaml"},
			{"RolePolicyAttachment", "v1beta1", "iam.aws.m.upbound.io_rolepolicyattachments.yaml"},
			{"PodIdentityAssociation", "v1beta1", "eks.aws.upbound.io_podidentityassociations.yaml"},
			{"PodIdentityAssociation", "v1beta1", "eks.aws.m.upbound.io_podidentityassociations.yaml"},
		},
	},
	{
		Project: "github.com/rook/rook",
		Version: "v1.20.6 (4e1b7a626891a215949ab42a6957a0ef1e1a25e6)",
		Licence: apache, Path: "deploy/olm/assemble", Folder: "objectbucket",
		Kinds: []kind{{"ObjectBucketClaim", "v1alpha1", "objectbucket.io_objectbucketclaims.yaml"}},
	},
	{
		Project: "github.com/cert-manager/cert-manager",
		Version: "v1.19.0", Licence: apache, Path: "deploy/crds",
		Kinds: []kind{{"Certificate", "v1", "cert-manager.io_certificates.yaml"}},
	},
	{
		Project: "github.com/kubernetes-sigs/gateway-api", Module: "sigs.k8s.io/gateway-api",
		Version: "v1.4.0", Licence: apache, Path: "config/crd/standard",
		Kinds: []kind{{"HTTPRoute", "v1", "gateway.networking.k8s.io_httproutes.yaml"}},
	},
	{
		Project: "github.com/prometheus-operator/prometheus-operator",
		Version: "v0.85.0", Licence: apache, Path: "example/prometheus-operator-crd",
		Kinds: []kind{
			{"PodMonitor", "v1", "monitoring.coreos.com_podmonitors.yaml"},
			{"PrometheusRule", "v1", "monitoring.coreos.com_prometheusrules.yaml"},
		},
	},
}
