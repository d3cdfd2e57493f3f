package main

// refusedStates are examples of states whose claim is refused.
var refusedStates = map[string]bool{
	"states/foreign-object":  true,
	"states/second-stack":    true,
	"states/unknown-release": true,
}
