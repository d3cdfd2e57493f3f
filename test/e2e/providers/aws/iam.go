package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

const gone = "NoSuchEntity"

// user plays kind User.
type user struct{ *session }

func (u user) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	out, err := u.iam.GetUser(ctx, &iam.GetUserInput{UserName: text(r.ExternalName())})
	if is(err, gone) {
		return managed.Observation{}, nil
	}
	if err != nil {
		return managed.Observation{}, err
	}
	r.Observed(map[string]any{"id": r.ExternalName(), "arn": *out.User.Arn, "uniqueId": *out.User.UserId})
	return managed.Observation{Exists: true, Ready: true, UpToDate: true}, nil
}

func (u user) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	in := &iam.CreateUserInput{UserName: text(r.ExternalName())}
	if p := r.Text("path"); p != "" {
		in.Path = &p
	}
	_, err := u.iam.CreateUser(ctx, in)
	return nil, err
}

func (u user) Update(context.Context, managed.Resource) (managed.Details, error) { return nil, nil }

// Delete fails while the user has keys or policies, unless forceDestroy takes them away.
func (u user) Delete(ctx context.Context, r managed.Resource) error {
	name := text(r.ExternalName())
	if r.Value("forceDestroy") == true {
		keys, err := u.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: name})
		if err != nil {
			return err
		}
		for _, k := range keys.AccessKeyMetadata {
			if _, err := u.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: k.AccessKeyId}); err != nil {
				return err
			}
		}
	}
	_, err := u.iam.DeleteUser(ctx, &iam.DeleteUserInput{UserName: name})
	if is(err, gone) {
		return nil
	}
	return err
}

// policy plays kind Policy. The IAM service has no managed policies; the object itself is all there
// is of it.
type policy struct{ *session }

func (p policy) Observe(_ context.Context, r managed.Resource) (managed.Observation, error) {
	if r.At("arn") == "" {
		return managed.Observation{}, nil
	}
	return managed.Observation{Exists: true, Ready: true, UpToDate: true}, nil
}

func (p policy) Create(_ context.Context, r managed.Resource) (managed.Details, error) {
	if !json.Valid([]byte(r.Text("policy"))) {
		return nil, fmt.Errorf("MalformedPolicyDocument: the policy is no JSON")
	}
	r.Observed(map[string]any{"id": arn(r), "arn": arn(r)})
	return nil, nil
}

func (p policy) Update(context.Context, managed.Resource) (managed.Details, error) { return nil, nil }

// Delete fails while the policy is attached.
func (p policy) Delete(ctx context.Context, r managed.Resource) error {
	l, err := p.client.Dynamic.Resource(
		schema.GroupVersionResource{Group: p.group, Version: "v1beta1", Resource: "userpolicyattachments"},
	).List(
		ctx,
		metav1.ListOptions{},
	)
	if err != nil {
		return err
	}
	for i := range l.Items {
		if a := (managed.Resource{Unstructured: &l.Items[i]}); a.Text("policyArn") == arn(r) && a.ExternalName() != "" {
			return fmt.Errorf("DeleteConflict: cannot delete a policy attached to entities")
		}
	}
	r.Observed(map[string]any{"arn": ""})
	return nil
}

func arn(r managed.Resource) string {
	p := r.Text("path")
	if p == "" {
		p = "/"
	}
	return "arn:aws:iam::" + Account + ":policy" + p + r.ExternalName()
}

// attachment plays kind UserPolicyAttachment: the policy's document becomes an inline policy of the
// user.
type attachment struct {
	*session
	policies schema.GroupVersionResource
}

func (a attachment) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	if r.ExternalName() == "" {
		return managed.Observation{}, nil
	}
	out, err := a.iam.GetUserPolicy(
		ctx,
		&iam.GetUserPolicyInput{UserName: text(r.Text("user")), PolicyName: text(path.Base(r.Text("policyArn")))},
	)
	if is(err, gone) {
		return managed.Observation{}, nil
	}
	if err != nil {
		return managed.Observation{}, err
	}
	r.Observed(map[string]any{"id": r.ExternalName()})
	o := managed.Observation{Exists: true, Ready: true, UpToDate: true}
	if r.GetDeletionTimestamp() != nil {
		return o, nil
	}
	doc, err := a.document(ctx, r)
	if err != nil {
		return managed.Observation{}, err
	}
	have, err := url.QueryUnescape(*out.PolicyDocument)
	o.UpToDate = same(have, doc)
	return o, err
}

func (a attachment) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	if err := a.put(ctx, r); err != nil {
		return nil, err
	}
	r.SetExternalName(r.Text("user") + "/" + r.Text("policyArn"))
	return nil, nil
}

func (a attachment) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return nil, a.put(ctx, r)
}

func (a attachment) put(ctx context.Context, r managed.Resource) error {
	doc, err := a.document(ctx, r)
	if err != nil {
		return err
	}
	_, err = a.iam.PutUserPolicy(
		ctx,
		&iam.PutUserPolicyInput{UserName: text(r.Text("user")), PolicyName: text(path.Base(r.Text("policyArn"))), PolicyDocument: &doc},
	)
	return err
}

func (a attachment) Delete(ctx context.Context, r managed.Resource) error {
	_, err := a.iam.DeleteUserPolicy(
		ctx,
		&iam.DeleteUserPolicyInput{UserName: text(r.Text("user")), PolicyName: text(path.Base(r.Text("policyArn")))},
	)
	if is(err, gone) {
		return nil
	}
	return err
}

// document finds the policy by its ARN, wherever it is: an account knows no namespaces.
func (a attachment) document(ctx context.Context, r managed.Resource) (string, error) {
	l, err := a.client.Dynamic.Resource(a.policies).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	for i := range l.Items {
		if p := (managed.Resource{Unstructured: &l.Items[i]}); p.At("arn") == r.Text("policyArn") {
			return inAccount(p.Text("policy"))
		}
	}
	return "", fmt.Errorf("%s: policy %s does not exist or is not attachable", gone, r.Text("policyArn"))
}

// inAccount decides the one condition that the gateway does not know, aws:ResourceAccount: every
// bucket is in the account that is played. A statement that wants another account opens nothing.
func inAccount(document string) (string, error) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(document), &doc); err != nil {
		return "", err
	}
	statements, _ := doc["Statement"].([]any)
	var opening []any
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		condition, _ := statement["Condition"].(map[string]any)
		equals, _ := condition["StringEquals"].(map[string]any)
		account, asked := equals["aws:ResourceAccount"]
		if asked && account != Account {
			continue
		}
		if delete(equals, "aws:ResourceAccount"); asked && len(equals) == 0 {
			delete(condition, "StringEquals")
		}
		if asked && len(condition) == 0 {
			delete(statement, "Condition")
		}
		opening = append(opening, statement)
	}
	doc["Statement"] = opening
	out, err := json.Marshal(doc)
	return string(out), err
}

func same(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// accessKey plays kind AccessKey. The secret half is known at creation only: a connection Secret
// that is deleted later comes back with the key's id and without its secret.
type accessKey struct{ *session }

func (k accessKey) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	if r.ExternalName() == "" {
		return managed.Observation{}, nil
	}
	out, err := k.iam.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: text(r.Text("user"))})
	if is(err, gone) {
		return managed.Observation{}, nil
	}
	if err != nil {
		return managed.Observation{}, err
	}
	for _, m := range out.AccessKeyMetadata {
		if *m.AccessKeyId == r.ExternalName() {
			r.Observed(map[string]any{"id": r.ExternalName(), "status": string(m.Status)})
			return managed.Observation{
				Exists:   true,
				Ready:    true,
				UpToDate: true,
				Details:  managed.Details{"username": []byte(r.ExternalName())},
			}, nil
		}
	}
	return managed.Observation{}, nil
}

func (k accessKey) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	out, err := k.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: text(r.Text("user"))})
	if err != nil {
		return nil, err
	}
	id, secret := *out.AccessKey.AccessKeyId, []byte(*out.AccessKey.SecretAccessKey)
	r.SetExternalName(id)
	return managed.Details{"username": []byte(id), "password": secret, "attribute.secret": secret}, nil
}

func (k accessKey) Update(context.Context, managed.Resource) (managed.Details, error) {
	return nil, nil
}

func (k accessKey) Delete(ctx context.Context, r managed.Resource) error {
	_, err := k.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: text(r.Text("user")), AccessKeyId: text(r.ExternalName())})
	if is(err, gone) {
		return nil
	}
	return err
}
