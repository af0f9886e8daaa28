// Package barista takes an order.
package barista

import (
	"fmt"
	"strings"
)

// Turn is what was said, with the session of the last reply.
type Turn struct {
	Text    *string           `json:"text"`
	Session map[string]string `json:"session"`
}

type reply struct {
	Reply   string            `json:"reply"`
	Session map[string]string `json:"session"`
	Ends    bool              `json:"ends"`
}

var questions = []struct {
	name, question string
	answers        []string
}{
	{"drink", "Coffee or tea?", []string{"coffee", "tea"}},
	{"size", "Small or large?", []string{"small", "large"}},
}

func Handler(turn Turn) any {
	if turn.Text == nil {
		return map[string]any{"statusCode": 400, "body": map[string]string{"error": `send {"text":"…"}`}}
	}
	session := map[string]string{}
	for name, answer := range turn.Session {
		session[name] = answer
	}
	for _, q := range questions {
		for _, answer := range q.answers {
			if strings.Contains(strings.ToLower(*turn.Text), answer) {
				session[q.name] = answer
			}
		}
	}
	for _, q := range questions {
		if session[q.name] == "" {
			return reply{q.question, session, false}
		}
	}
	return reply{fmt.Sprintf("A %s %s. It is on its way.", session["size"], session["drink"]), session, true}
}
