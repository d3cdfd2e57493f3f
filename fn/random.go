package main

import "crypto/rand"

// letters and digits are all that a made secret holds: it goes into SQL and into variables.
const lettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// randomText is a secret of so many letters and digits.
func randomText(length int) string {
	// Bytes from here on are drawn again: they would make some letters likelier.
	const fair = 256 / len(lettersAndDigits) * len(lettersAndDigits)
	text, draw := make([]byte, 0, length), make([]byte, 2*length)
	for len(text) < length {
		_, _ = rand.Read(draw) // it never fails
		for _, b := range draw {
			if int(b) < fair && len(text) < length {
				text = append(text, lettersAndDigits[int(b)%len(lettersAndDigits)])
			}
		}
	}
	return string(text)
}
