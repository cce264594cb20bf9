# What a person and CI do here. Every target installs what it misses and may be run again.

CARGO_TEST = cargo test --locked

# Without a backtrace, what a test says is the last that is printed of it.
check-rooms test-sqlite test-postgres: export RUST_BACKTRACE = 0

.PHONY: help run setup check check-format check-lints check-rooms check-dependencies check-compose check-run \
	test test-sqlite test-postgres fuzz openapi bench measure screenshots certificate

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 24

run: ## build and start on SQLite, for this machine only
	@scripts/setup build
	@cargo build --locked
	@echo "Built. In another terminal: target/debug/vestibule demo login --as ada"
	@cargo run --locked --quiet -- serve

setup: ## install what building and testing need
	@scripts/setup test
	@scripts/peers

check: check-format check-lints check-dependencies check-compose check-rooms ## format, lints, dependencies, Compose file, rooms

check-format:
	cargo fmt --check

check-lints:
	@scripts/setup build
	cargo clippy --locked --all-targets -- -D warnings

check-dependencies:
	@scripts/check-dependencies

check-compose:
	@scripts/check-compose

check-rooms:
	@scripts/setup build
	$(CARGO_TEST) --test it rooms::

check-run: ## make run in another folder, twice, as a newcomer does
	@scripts/check-run

test: test-sqlite test-postgres ## the whole suite on SQLite, then on Postgres

test-sqlite: setup ## the whole suite on SQLite
	env -u TEST_POSTGRES_URL $(CARGO_TEST)

test-postgres: setup ## the whole suite on a Postgres of its own
	scripts/with-postgres $(CARGO_TEST)

fuzz: ## look for faults in the reading of messages, a minute for each target
	@scripts/setup build
	scripts/fuzz 60

openapi: ## write docs/openapi.json from the handlers
	@scripts/setup build
	@mkdir -p target && cargo run --locked --quiet -- openapi >target/openapi.json
	@mv target/openapi.json docs/openapi.json

certificate: ## make a certificate for localhost in certs
	@openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout certs/localhost.key -out certs/localhost.pem 2>/dev/null
	@echo "Wrote certs/localhost.pem and certs/localhost.key"

screenshots: setup ## a picture of every page, light and dark, in docs/screenshots and the README, and those that tests compare with
	SCREENSHOTS=docs/screenshots $(CARGO_TEST) --test it pages::every_page_is
	UPDATE=1 $(CARGO_TEST) --test it pages::gallery
	PICTURES=renew $(CARGO_TEST) --test it pictures::

bench: ## measure the release binary beside OpenSSL
	@scripts/setup test
	cargo build --locked --release
	scripts/bench

# What the suite does with less, and what depends on the machine.
MEASURES = adding_one_member_to_a_group_of_100000 a_preview_of_a_rule_over_20000_people fifty_thousand_events every_list_page

measure: ## a group of 100,000, a preview of 20,000 people, 50,000 events, each list page of 200,000 people
	@scripts/setup build
	$(CARGO_TEST) --release --lib -- --ignored --nocapture --test-threads 1 $(MEASURES)
