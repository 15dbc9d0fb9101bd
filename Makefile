# The verbs of the project; each is one command that also works without make.
COUNT ?= 1000

.PHONY: start test check engines-up engines-down doctor bench smoke

start: ; @npm start

test: ; @npm test

check: ; @npm run check

engines-up: ; @npm run engines -- up

engines-down: ; @npm run engines -- down

doctor: ; @npm run doctor

bench: ; @npm run bench

# Sends records with known ids and compares the sets: exit 0 only if each is stored exactly once.
smoke: ; @npm start -- --once --count=$(COUNT)
