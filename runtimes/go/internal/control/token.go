// Package control reads what the scaler's leader orders: tokens, load documents, pushes (W2.6 to W3.6).
package control

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"

	"fibonacci.dev/go/internal/contract"
)

// Act is what a token allows: the last part of the path.
type Act string

// The acts of W2.7.
const (
	ActSpecialize Act = "specialize"
	ActUpdate     Act = "update"
	ActDrain      Act = "drain"
)

// Claims are those of a token whose signature, issuer, audience, act and expiry are right. Digest is empty with `drain`.
type Claims struct {
	Subject string
	Epoch   int64
	Digest  string
}

// maxSafeInteger is the largest integer that every JSON reader knows.
const maxSafeInteger = 1<<53 - 1

// VerifyToken checks everything about an Authorization header that needs no body. The error names the claim that did not fit, never the token.
func VerifyToken(authorization string, key ed25519.PublicKey, instance string, act Act, now time.Time) (Claims, error) {
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return Claims{}, Invalid("the authorization header is not a bearer JWT")
	}
	var header struct {
		Alg string  `json:"alg"`
		Typ *string `json:"typ"`
	}
	if err := decodePart(parts[0], &header); err != nil {
		return Claims{}, Invalid("the header is not a JSON object")
	}
	if header.Alg != "EdDSA" {
		return Claims{}, Invalid("alg must be EdDSA")
	}
	if header.Typ != nil && *header.Typ != "JWT" {
		return Claims{}, Invalid("typ must be JWT")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(signature) != ed25519.SignatureSize || !ed25519.Verify(key, []byte(parts[0]+"."+parts[1]), signature) {
		return Claims{}, Invalid("the signature does not fit")
	}
	var claims map[string]any
	if err := decodePart(parts[1], &claims); err != nil || claims == nil {
		return Claims{}, Invalid("the payload is not a JSON object")
	}
	return checkClaims(claims, instance, act, now)
}

func checkClaims(claims map[string]any, instance string, act Act, now time.Time) (Claims, error) {
	subject, _ := claims["sub"].(string)
	expiry, isTime := claims["exp"].(float64)
	epoch, isNumber := claims["epoch"].(float64)
	digest, hasDigest := claims["digest"].(string)
	switch {
	case claims["iss"] != contract.TokenIssuer:
		return Claims{}, Invalid("iss must be " + contract.TokenIssuer)
	case claims["aud"] != instance:
		return Claims{}, Invalid("aud must be this instance, " + instance)
	case claims["act"] != string(act):
		return Claims{}, Invalid("act must be " + string(act))
	case subject == "":
		return Claims{}, Invalid("sub must be the function’s UID")
	case !isTime || expiry <= float64(now.UnixMilli())/1000:
		return Claims{}, Invalid("exp has passed or is no time")
	case !isNumber || epoch < 0 || epoch > maxSafeInteger || epoch != math.Trunc(epoch):
		return Claims{}, Invalid("epoch must be an integer, 0 or more")
	case act == ActDrain:
		return Claims{Subject: subject, Epoch: int64(epoch)}, nil
	case !hasDigest:
		return Claims{}, Invalid("digest must be the package’s digest")
	}
	return Claims{Subject: subject, Epoch: int64(epoch), Digest: digest}, nil
}

// Invalid is the answer to a token that does not fit (W2.6).
func Invalid(reason string) error {
	return contract.NewError(contract.TokenInvalid, "the token is refused: "+reason)
}

func decodePart(part string, value any) error {
	bytes, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, value)
}
