package stack

// Conditions of a stack, beside Crossplane's own Ready and Synced.
const (
	// ConditionSpecValid says whether the spec and the class can be acted upon. While it is False
	// nothing that exists is changed.
	ConditionSpecValid = "SpecValid"

	ConditionDatabase           = "DatabaseReady"
	ConditionObjectStore        = "ObjectStoreReady"
	ConditionAPIServer          = "APIServerReady"
	ConditionPersistenceAgent   = "PersistenceAgentReady"
	ConditionScheduledWorkflow  = "ScheduledWorkflowReady"
	ConditionWorkflowController = "WorkflowControllerReady"
	ConditionMLMD               = "MLMDReady"
	ConditionUI                 = "UIReady"
	ConditionExposure           = "ExposureReady"
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
	// ReasonMoveRefused: the class names another place than the one that holds the stack's data;
	// the stack stays where it is, and the message names both.
	ReasonMoveRefused = "MoveRefused"
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
