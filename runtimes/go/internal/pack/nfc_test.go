package pack

import "testing"

func TestIsNFC(t *testing.T) {
	for text, want := range map[string]bool{
		"":                       true,
		"plain.txt":              true,
		"é.txt":                  true,
		"e\u0301.txt":            false,
		"e\u0323\u0301":          false, // ẹ and the acute
		"\u1eb9\u0301":           true,
		"\u00e9\u0323":           false, // the dot below goes first
		"a\u0301\u0323":          false, // marks out of order
		"x\u0323\u0301":          true,
		"x\u0301\u0323":          false,
		"\u212b":                 false, // the Ångström sign is Å
		"한글":                     true,
		"\u1112\u1161\u11ab":     false, // the letters of 한
		"\ud558\u11ab":           false,
		"\u0958":                 false, // composition exclusion
		"\u0915\u093c":           true,
		"नमस्ते":                 true,
		"สวัสดี":                 true,
		"\u0301alone":            true,
		"日本語/ファイル":               true,
		"\u30cf\u3099":           false,
		"\xff":                   false,
		"emoji \U0001f468\u200d": true,
		"\u0344":                 false,
	} {
		if got := isNFC(text); got != want {
			t.Errorf("isNFC(%+q) = %v", text, got)
		}
	}
}
