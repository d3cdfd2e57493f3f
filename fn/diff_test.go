package main

import (
	"fmt"
	"slices"
	"strings"
)

// unified is a unified diff of two texts with some lines of context, empty if they are equal. There
// is no module for it that this project has anyway, and the texts are short enough for the simplest
// way to find what they have in common.
func unified(fromName, toName, from, to string, context int) string {
	if from == to {
		return ""
	}
	script := edited(lines(from), lines(to))
	b := strings.Builder{}
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", fromName, toName)
	for i := 0; i < len(script); {
		if script[i].op == ' ' {
			i++
			continue
		}
		end := i // of the hunk: further changes belong to it as long as their contexts meet
		for j := i; j < len(script) && j <= end+2*context; j++ {
			if script[j].op != ' ' {
				end = j
			}
		}
		hunk := script[max(i-context, 0):min(end+1+context, len(script))]
		fmt.Fprintf(&b, "@@ -%s +%s @@\n", span(hunk, '+'), span(hunk, '-'))
		for _, e := range hunk {
			fmt.Fprintf(&b, "%c%s\n", e.op, e.text)
		}
		i = end + 1
	}
	return b.String()
}

// A line of a script that turns one text into another: kept, or taken from the first, or added by
// the second.
type line struct {
	op       byte
	text     string
	from, to int // where it stands, counted from 1
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// edited makes the shortest script by the longest common subsequence.
func edited(from, to []string) []line {
	common := make([][]int, len(from)+1) // lengths, of what begins at each pair of lines
	for i := range common {
		common[i] = make([]int, len(to)+1)
	}
	for i, f := range slices.Backward(from) {
		for j, t := range slices.Backward(to) {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if f == t {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var script []line
	for i, j := 0, 0; i < len(from) || j < len(to); {
		switch {
		case i < len(from) && j < len(to) && from[i] == to[j]:
			script = append(script, line{' ', from[i], i + 1, j + 1})
			i, j = i+1, j+1
		case j == len(to) || i < len(from) && common[i+1][j] >= common[i][j+1]:
			script = append(script, line{'-', from[i], i + 1, j + 1})
			i++
		default:
			script = append(script, line{'+', to[j], i + 1, j + 1})
			j++
		}
	}
	return script
}

// span is the range of a hunk in the text that lacks the lines of an operation: its first line and
// how many there are.
func span(hunk []line, without byte) string {
	start, n := hunk[0].from, 0
	if without == '-' {
		start = hunk[0].to
	}
	for _, e := range hunk {
		if e.op != without {
			n++
		}
	}
	if n == 0 {
		start--
	}
	return fmt.Sprintf("%d,%d", start, n)
}
