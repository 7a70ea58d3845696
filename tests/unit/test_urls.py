"""Addresses: recognising them, identifying repositories, and redacting secrets."""

from __future__ import annotations

import pytest

from gittag_registry.errors import RemoteError
from gittag_registry.urls import cache_name, identity, is_url, protocol, public, redact

PROTOCOLS = {
    "https://example.com/models.git": "https",
    "HTTPS://example.com/models.git": "https",
    "http://example.com/models.git": "http",
    "git://example.com/models.git": "git",
    "ssh://git@example.com:22/models.git": "ssh",
    "git+ssh://example.com/models.git": "ssh",
    "ssh+git://example.com/models.git": "ssh",
    "file:///srv/models.git": "file",
    "git@example.com:models.git": "ssh",
    "example.com:/srv/models.git": "ssh",
    "[::1]:models.git": "ssh",
    "git@[::1]:models.git": "ssh",
    "ext::sh -c x": "ext",
    "codecommit::eu-west-1://models": "codecommit",
}
PATHS = ["", ".", "models", "../models", "/srv/models.git", "./host:path", "/srv/a:b", "~/a:b", "a b:c", "::x"]

ADDRESSES = {  # what everybody calls the repository of an address
    "https://example.com/models.git": "https://example.com/models.git",
    "https://s3cret@example.com/models.git": "https://example.com/models.git",
    "https://ada:s3cret@example.com/models.git": "https://example.com/models.git",
    "https://ada%40example.org:s3%2Fcret@example.com/models.git": "https://example.com/models.git",
    "https://example.com/models.git?token=s3cret": "https://example.com/models.git",
    "https://example.com?token=s3cret": "https://example.com",
    "https://ada@example.com?next=/s3cret": "https://example.com",
    "HTTPS://ada:s3cret@example.com/models.git/": "https://example.com/models.git",
    "ssh://git:s3cret@example.com/models.git": "ssh://example.com/models.git",
    "git+ssh://git:s3cret@example.com/models.git": "git+ssh://example.com/models.git",
    "git@example.com:models.git": "example.com:models.git",
    "git@example.com:models@v2.git": "example.com:models@v2.git",
    "ext::sh -c x": "ext::sh -c x",
    "transport::https://ada:s3cret@example.com/m.git": "transport::https://***@example.com/m.git",
    "file:///srv/ada@home/what?.git": "file:///srv/ada@home/what?.git",
    "https://example.com:8443/ada@home": "https://example.com:8443/ada@home",
    "https://[::1]:8443/ada@home": "https://[::1]:8443/ada@home",
    # Passwords that should have been percent-encoded, and a scheme that was forgotten.
    "https://ada:p@s3cret@example.com/models.git": "https://example.com/models.git",
    "https://ada:ab/s3cret==@example.com/models.git": "https://example.com/models.git",
    "https://ada:it's s3cret@example.com/models.git": "https://example.com/models.git",
    'https://ada:"s3cret"@example.com/models.git': "https://example.com/models.git",
    "ada:s3cret@example.com/models.git": "example.com/models.git",
    "https:/ada:s3cret@example.com/models.git": "example.com/models.git",
}


class TestProtocol:
    @pytest.mark.parametrize(("url", "expected"), PROTOCOLS.items())
    def test_an_address_has_one(self, url, expected):
        assert (is_url(url), protocol(url)) == (True, expected)

    @pytest.mark.parametrize("path", PATHS)
    def test_a_path_has_none(self, path):
        assert (is_url(path), protocol(path), public(path), redact(path)) == (False, None, path, path)


class TestSecrets:
    @pytest.mark.parametrize(("url", "expected"), ADDRESSES.items())
    def test_are_not_in_the_public_address(self, url, expected):
        assert public(url) == expected
        assert public(expected) == expected

    @pytest.mark.parametrize("url", [url for url in ADDRESSES if "cret" in url])
    def test_are_nowhere(self, url):
        assert "cret" not in redact(url) + cache_name(url, "1f")
        error = RemoteError(url, hint=url)
        assert "cret" not in f"{error} {error.message} {error.hint} {error.args}"

    @pytest.mark.parametrize("url", [url for url in ADDRESSES if "://" in url and "cret" in url])
    def test_are_not_in_a_sentence(self, url):
        assert "cret" not in redact(f"cannot read {url!r}") + redact(f"cannot read {url}: no")

    @pytest.mark.parametrize(
        "url",
        ["https://u:12/s3cret@host/x", "https:///u:s3cret@host:9/x", "https://u%3As3cret%40host/x"],
    )
    def test_nor_of_an_address_that_was_pasted_wrong(self, url):
        assert "s3cret" not in redact(f"cannot read {url}") + cache_name(url, "1a2b")

    def test_several_addresses_in_a_text_lose_theirs_and_nothing_else(self):
        assert redact(
            "tried https://ada:s3cret@one.com/x, then 'https://two.com/y?token=s3cret' (https://s3cret@three.com): no"
        ) == ("tried https://***@one.com/x, then 'https://two.com/y?***' (https://***@three.com): no")

    @pytest.mark.parametrize(
        "text",
        [
            "artifact 'models:embed@v1.0.0' is not registered",
            "models:embed@v1.0.0",
            "see https://example.com/docs or ask ada@example.com",
            "https://example.com:8443/home says: no",
            "ssh://git@example.com/models.git",
            "git@example.com:models.git",
            "file:///srv/ada@home/models.git",
        ],
    )
    def test_what_is_not_secret_stays(self, text):
        assert redact(text) == text


class TestCacheName:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("https://ada:s3cret@example.com/acme/models.git", "example.com-acme-models-1f.git"),
            ("https://example.com:8443/acme/models/", "example.com-8443-acme-models-1f.git"),
            ("git@example.com:acme/models.git", "example.com-acme-models-1f.git"),
            ("file:///srv/../../etc/passwd", "srv-..-..-etc-passwd-1f.git"),
            ("file:///", "repository-1f.git"),
            ("https://example.com/müde\n.git", "example.com-m-de-1f.git"),
            ("ext::sh -c 'rm -rf /'", "ext-sh-c-rm-rf-1f.git"),
        ],
    )
    def test_is_one_safe_word(self, url, expected):
        assert cache_name(url, "1f") == expected

    def test_is_short_however_long_the_address(self):
        assert len(cache_name("https://example.com/" + "x" * 5000, "1f")) < 100


class TestIdentity:
    def test_is_that_of_the_repository_whoever_asks(self):
        asked = [
            "https://example.com/m.git",
            "https://ada:old@example.com/m.git",
            "https://ada:new@example.com/m.git/?x=1",
        ]
        assert {identity(url) for url in asked} == {"https://example.com/m.git"}

    def test_is_another_for_every_user_whose_home_a_path_may_begin_in(self):
        asked = ["ada@example.com:m.git", "bob@example.com:m.git", "ssh://ada@example.com/~/m.git"]
        assert len({identity(url) for url in asked}) == 3

    def test_a_question_mark_in_a_path_tells_repositories_apart(self):
        assert len({identity(f"file:///srv/m?{name}") for name in "ab"}) == 2
