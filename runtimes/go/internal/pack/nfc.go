package pack

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Hangul syllables are composed by arithmetic (Unicode, 3.12).
const (
	syllables, leads, vowels, trails      = 0xac00, 0x1100, 0x1161, 0x11a7
	leadCount, vowelCount, trailCount int = 19, 21, 28
)

type nfcTables struct {
	decompositions map[rune][]rune
	pairs          map[[2]rune]rune
	// A mark's place in the order of classes, from 1; starters are not in it.
	classes map[rune]int
}

// loadNFC reads what generate-nfc.mjs wrote: the standard library has no Unicode normalization.
var loadNFC = sync.OnceValue(func() nfcTables {
	tables := nfcTables{decompositions: map[rune][]rune{}, pairs: map[[2]rune]rune{}, classes: map[rune]int{}}
	marks, rest, _ := strings.Cut(nfcData, "\n\n")
	for class, line := range strings.Split(marks, "\n") {
		for _, mark := range parseRunes(line) {
			tables.classes[mark] = class + 1
		}
	}
	for entry := range strings.FieldsSeq(rest) {
		parts := strings.Split(entry, "=")
		code := parseRunes(parts[0])[0]
		tables.decompositions[code] = parseRunes(parts[1])
		if pair := parseRunes(parts[2]); len(pair) == 2 {
			tables.pairs[[2]rune{pair[0], pair[1]}] = code
		}
	}
	return tables
})

// isNFC tells whether text is in Unicode form NFC (UAX #15).
func isNFC(text string) bool {
	if isASCII(text) {
		return true
	}
	return utf8.ValidString(text) && loadNFC().normalize(text) == text
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

func (t nfcTables) normalize(text string) string {
	var runes []rune
	for _, r := range text {
		runes = t.decompose(runes, r)
	}
	t.order(runes)
	return string(t.compose(runes))
}

func (t nfcTables) decompose(runes []rune, r rune) []rune {
	if index := int(r) - syllables; index >= 0 && index < leadCount*vowelCount*trailCount {
		runes = append(runes, rune(leads+index/(vowelCount*trailCount)), rune(vowels+index%(vowelCount*trailCount)/trailCount))
		if trail := index % trailCount; trail > 0 {
			runes = append(runes, rune(trails+trail))
		}
		return runes
	}
	if full, ok := t.decompositions[r]; ok {
		return append(runes, full...)
	}
	return append(runes, r)
}

// order sorts each run of marks by their classes.
func (t nfcTables) order(runes []rune) {
	for start := 0; start < len(runes); start++ {
		end := start
		for end < len(runes) && t.classes[runes[end]] > 0 {
			end++
		}
		slices.SortStableFunc(runes[start:end], func(a, b rune) int { return t.classes[a] - t.classes[b] })
		start = end
	}
}

// compose joins each starter with what follows it and is not blocked by something between.
func (t nfcTables) compose(runes []rune) []rune {
	composed := runes[:0]
	starter, before := -1, 0
	for _, r := range runes {
		class := t.classes[r]
		if starter >= 0 && (len(composed) == starter+1 || before < class && before > 0) {
			if joined, ok := t.join(composed[starter], r); ok {
				composed[starter] = joined
				continue
			}
		}
		if class == 0 {
			starter = len(composed)
		}
		before = class
		composed = append(composed, r)
	}
	return composed
}

func (t nfcTables) join(first, second rune) (rune, bool) {
	lead, vowel := int(first)-leads, int(second)-vowels
	if lead >= 0 && lead < leadCount && vowel >= 0 && vowel < vowelCount {
		return rune(syllables + (lead*vowelCount+vowel)*trailCount), true
	}
	index, trail := int(first)-syllables, int(second)-trails
	if index >= 0 && index < leadCount*vowelCount*trailCount && index%trailCount == 0 && trail > 0 && trail < trailCount {
		return first + rune(trail), true
	}
	joined, ok := t.pairs[[2]rune{first, second}]
	return joined, ok
}

func parseRunes(text string) []rune {
	if text == "" {
		return nil
	}
	var runes []rune
	for hex := range strings.SplitSeq(text, "+") {
		code, _ := strconv.ParseUint(hex, 16, 32)
		runes = append(runes, rune(code))
	}
	return runes
}
