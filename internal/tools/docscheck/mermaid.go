package docscheck

import (
	"fmt"
	"regexp"
	"strings"
)

// The two kinds of diagram in use, in the part of Mermaid's grammar that the
// documentation keeps to. What is outside of it counts as wrong, although a
// renderer may take it: there is no renderer here to ask.
// https://mermaid.js.org/syntax/flowchart.html, …/sequenceDiagram.html
var (
	flowHead = regexp.MustCompile(`^flowchart (LR|RL|TB|TD|BT)$`)
	flowNode = `[a-zA-Z]\w*(\["[^"]+"\]|\[\("[^"]+"\)\]|\(\["[^"]+"\]\)|\{"[^"]+"\}|\("[^"]+"\))?`
	flowEdge = regexp.MustCompile(`^` + flowNode + `(( -->| -\.->| ==>)(\|"[^"]+"\|)? ` + flowNode + `)*$`)

	sequenceActor   = regexp.MustCompile(`^(?:participant|actor) (\w+)(?: as [^;#]+)?$`)
	sequenceMessage = regexp.MustCompile(`^(\w+)(?:-->>|->>|-x|--x|-\)|--\))[+-]?(\w+): [^;#]+$`)
	sequenceNote    = regexp.MustCompile(`^Note (?:over|left of|right of) (\w+)(?:,(\w+))?: [^;#]+$`)
	sequenceOpen    = regexp.MustCompile(`^(loop|alt|opt|par|critical|break|rect) [^;#]+$`)
	sequenceBranch  = regexp.MustCompile(`^(else|and|option)( [^;#]+)?$`)
)

// reserved are words that Mermaid takes for itself wherever a node's name stands.
var reserved = regexp.MustCompile(`(^|[ >|])(end|default|style|click|graph|subgraph)\b`)

// Mermaid finds diagrams that a renderer would refuse.
func Mermaid(pages []Page) []Finding {
	var found []Finding
	for _, p := range pages {
		for _, b := range p.Blocks {
			if b.Language != "mermaid" {
				continue
			}
			for line, why := range diagram(b.Text) {
				found = append(found, Finding{p.Path, b.Line + line, "diagram: " + why})
			}
		}
	}
	return found
}

// diagram says what is wrong, by line from 1.
func diagram(text string) map[int]string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	switch head := strings.TrimSpace(lines[0]); {
	case flowHead.MatchString(head):
		return flowchart(lines)
	case head == "sequenceDiagram":
		return sequence(lines)
	default:
		return map[int]string{1: fmt.Sprintf("%q is neither a flowchart nor a sequenceDiagram", head)}
	}
}

func flowchart(lines []string) map[int]string {
	wrong := map[int]string{}
	for i, line := range lines[1:] {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case !flowEdge.MatchString(line):
			wrong[i+2] = fmt.Sprintf("%q is no node and no edge with its texts in quotes", line)
		case reserved.MatchString(quoted.ReplaceAllString(line, "")):
			wrong[i+2] = "a node has the name of a word that Mermaid keeps for itself"
		}
	}
	return wrong
}

var quoted = regexp.MustCompile(`"[^"]*"`)

func sequence(lines []string) map[int]string {
	wrong, actors, open := map[int]string{}, map[string]bool{}, []int{}
	for i, line := range lines[1:] {
		n, line := i+2, strings.TrimSpace(line)
		var named []string
		if m := sequenceActor.FindStringSubmatch(line); m != nil {
			actors[m[1]] = true
			continue
		}
		if m := sequenceMessage.FindStringSubmatch(line); m != nil {
			named = m[1:3]
		} else if m := sequenceNote.FindStringSubmatch(line); m != nil {
			named = m[1:3]
		} else {
			switch {
			case line == "", line == "autonumber":
			case sequenceOpen.MatchString(line):
				open = append(open, n)
			case sequenceBranch.MatchString(line) && len(open) > 0:
			case line == "end" && len(open) > 0:
				open = open[:len(open)-1]
			default:
				wrong[n] = fmt.Sprintf("%q is no participant, message, note or block; ; and # are not allowed in texts", line)
			}
		}
		for _, name := range named {
			if name != "" && !actors[name] {
				wrong[n] = fmt.Sprintf("%q is no participant", name)
			}
		}
	}
	for _, n := range open {
		wrong[n] = "the block is never closed with end"
	}
	return wrong
}
