package stack

// Conditions of a stack, beside Crossplane's own Ready and Synced.
const (
	// ConditionSpecValid says whether the spec and the class can be acted upon. While it is False
	// nothing that exists is changed.
	ConditionSpecValid = "SpecValid"

	// ConditionStack says whether each part of the stack works. Its message, the column STATUS, is
	// the first condition that is not True, with its reason. It is a condition, and no field of the
	// status, since Crossplane writes all conditions at once, and after the rest of the status: a
	// field that changes together with them is one more write of the composite, and what begins
	// between the two writes reads, and writes again, the conditions of before.
	ConditionStack = "StackReady"

	ConditionDatabase           = "DatabaseReady"
	ConditionObjectStore        = "ObjectStoreReady"
	ConditionAPIServer          = "APIServerReady"
	ConditionPersistenceAgent   = "PersistenceAgentReady"
	ConditionScheduledWorkflow  = "ScheduledWorkflowReady"
	ConditionWorkflowController = "WorkflowControllerReady"
	ConditionMLMD               = "MLMDReady"
	ConditionUI                 = "UIReady"
	ConditionExposure           = "ExposureReady"

	// ConditionPipelinesFenced says whether pods of workflows can do only what a pipeline may. A
	// stack is Ready without it, and StackReady leaves it out.
	ConditionPipelinesFenced = "PipelinesFenced"
)

// Reasons that conditions have beside those of kube.Check.
const (
	// ReasonNotApplicable: the component is no part of this stack; the message says why.
	ReasonNotApplicable = "NotApplicable"
	// ReasonHibernated: the component is scaled to zero on request; set spec.hibernate to false to
	// wake it.
	ReasonHibernated = "Hibernated"
	// ReasonOutdated: the resource depends on another that was created again, and has not been
	// created again itself; the message says what to do if that lasts.
	ReasonOutdated = "Outdated"
	// ReasonMoveRefused: the class or the claim names another place, class, type or release than the
	// one that holds the stack's data; the stack stays as it is, and the message names both.
	ReasonMoveRefused = "MoveRefused"
	// ReasonAddressMismatch: the login that the provider made is for another port than the class
	// says; correct one of the two, as the message says.
	ReasonAddressMismatch = "AddressMismatch"
	// ReasonNameTaken: the name that the object has outside the cluster belongs to somebody else;
	// the message says how to get another.
	ReasonNameTaken = "NameTaken"
	// ReasonNotProvided: a Secret or ConfigMap that the spec names is not there, or has nothing of use
	// under a key; make it as the message says.
	ReasonNotProvided = "NotProvided"
	// ReasonValid: the spec can be acted upon.
	ReasonValid = "Valid"
	// ReasonInvalid: the spec or the class cannot be acted upon; the message lists every error.
	// What exists stays as it is.
	ReasonInvalid = "Invalid"
	// ReasonNotComposed: nothing of the component is there yet, and nothing will be until the spec
	// is valid.
	ReasonNotComposed = "NotComposed"
)

// Reasons of PipelinesFenced.
const (
	// ReasonFenced: the install file's policy stands, and refuses every pod that no pipeline needs.
	ReasonFenced = "Fenced"
	// ReasonPoliciesNotEnforced: the install file's policy on pods of workflows, or its binding, is
	// missing or was changed; run the command in the message.
	ReasonPoliciesNotEnforced = "PoliciesNotEnforced"
	// ReasonNamespaceNotRestricted: the release's pods need not pass Pod Security restricted, and
	// the namespace does not enforce it; run the command in the message.
	ReasonNamespaceNotRestricted = "NamespaceNotRestricted"
	// ReasonV1Allowed: pipelines of version 1 run, whose authors say how their pods run; run the
	// command in the message.
	ReasonV1Allowed = "V1Allowed"
)

// Reasons why an object is held back.
const (
	// ReasonWaiting: something that the object needs is not ready yet; see the condition or
	// resource that the message names.
	ReasonWaiting = "Waiting"
	// ReasonKindMissing: the cluster lacks the object's kind; install the provider that the message
	// names.
	ReasonKindMissing = "KindMissing"
	// ReasonForeignObject: an object of that name belongs to somebody else; remove it, or set
	// spec.adoptionPolicy to IfUncontrolled.
	ReasonForeignObject = "ForeignObject"
	// ReasonImmutableField: an object that the stack is to take over has a field that nobody can
	// change to what the stack wants; delete the object, as the message says.
	ReasonImmutableField = "ImmutableField"
)

// ConditionStatus of a condition.
type ConditionStatus string

// Statuses of a condition.
const (
	True    ConditionStatus = "True"
	False   ConditionStatus = "False"
	Unknown ConditionStatus = "Unknown"
)

// Condition of a stack.
type Condition struct {
	Type    string
	Status  ConditionStatus
	Reason  string
	Message string
}
