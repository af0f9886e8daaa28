package control

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"fibonacci.dev/go/internal/contract"
)

var now = time.Unix(1_800_000_000, 0)

func good() map[string]any {
	return map[string]any{"iss": "fibonacci-scaler", "aud": "instance-1", "act": "specialize", "sub": "uid-1", "epoch": 3, "exp": now.Unix() + 60, "digest": "sha256:00"}
}

func encode(value any) string {
	data, _ := json.Marshal(value)
	return base64.RawURLEncoding.EncodeToString(data)
}

func sign(key ed25519.PrivateKey, header, claims any) string {
	text := encode(header) + "." + encode(claims)
	return "Bearer " + text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(key, []byte(text)))
}

func TestVerifyToken(t *testing.T) {
	public, key, _ := ed25519.GenerateKey(nil)
	_, other, _ := ed25519.GenerateKey(nil)
	header := map[string]any{"alg": "EdDSA", "typ": "JWT"}
	verify := func(authorization string) (Claims, error) {
		return VerifyToken(authorization, public, "instance-1", ActSpecialize, now)
	}
	claims, err := verify(sign(key, header, good()))
	if err != nil || claims != (Claims{Subject: "uid-1", Epoch: 3, Digest: "sha256:00"}) {
		t.Fatal(claims, err)
	}
	refuse := func(name, authorization, says string) {
		_, err := verify(authorization)
		var known *contract.Error
		if !errors.As(err, &known) || known.Code != contract.TokenInvalid || !strings.Contains(known.Message, says) {
			t.Errorf("%s: %v", name, err)
		}
		if len(authorization) > 20 && strings.Contains(err.Error(), authorization[8:]) {
			t.Errorf("%s: the message holds the token", name)
		}
	}
	for claim, values := range map[string][]any{
		"iss": {nil, "", "somebody", 1}, "aud": {nil, "instance-2", []string{"instance-1"}}, "act": {nil, "update", "drain"}, "sub": {nil, "", 1},
		"epoch": {nil, -1, 1.5, "1", 1e300}, "exp": {nil, "soon", now.Unix(), now.Unix() - 1}, "digest": {nil, 1},
	} {
		for _, value := range values {
			changed := maps.Clone(good())
			changed[claim] = value
			refuse(claim, sign(key, header, changed), claim)
		}
	}
	refuse("another key", sign(other, header, good()), "signature")
	for _, alg := range []any{nil, "none", "HS256", "ES256", "eddsa", 1} {
		refuse("alg", sign(key, map[string]any{"alg": alg, "typ": "JWT"}, good()), "")
	}
	refuse("typ", sign(key, map[string]any{"alg": "EdDSA", "typ": "JWE"}, good()), "typ")
	token := sign(key, header, good())
	for _, text := range []string{
		"", "Bearer", "Bearer ", "Basic abc", "bearer" + token[6:], token + ".", token + "A", token[:len(token)-4], "Bearer a.b.c", "Bearer !!.@@.##", "Bearer ..", "Bearer " + strings.Repeat(".", 10000),
		"Bearer " + encode(header) + "." + encode(good()) + ".", "Bearer " + encode(nil) + "." + encode(nil) + ".AA", "Bearer " + encode([]int{1}) + "." + encode(good()) + ".AA",
	} {
		refuse(text[:min(len(text), 40)], text, "")
	}
}

func TestDrainNeedsNoDigest(t *testing.T) {
	public, key, _ := ed25519.GenerateKey(nil)
	claims := good()
	claims["act"] = "drain"
	delete(claims, "digest")
	if _, err := VerifyToken(sign(key, map[string]any{"alg": "EdDSA"}, claims), public, "instance-1", ActDrain, now); err != nil {
		t.Error(err)
	}
}

func FuzzVerifyToken(f *testing.F) {
	public, key, _ := ed25519.GenerateKey(nil)
	valid := sign(key, map[string]any{"alg": "EdDSA"}, good())
	f.Add(valid)
	f.Fuzz(func(t *testing.T, authorization string) {
		if _, err := VerifyToken(authorization, public, "instance-1", ActSpecialize, now); err == nil && authorization != valid {
			t.Errorf("%q was taken", authorization)
		}
	})
}
