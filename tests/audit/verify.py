#!/usr/bin/env python3
"""A second verifier of Counterfoil's export bundles, written from docs/AUDIT.md alone: chains, signatures, numbers, sums and
receipts. Needs Python 3 and the command openssl (3.0 or later), and nothing else.

    python3 verify.py BUNDLE.zip --relay <public key of the relay, base64url>

Prints a line for each finding and ends with 1 where there is one, 0 where there is none, 2 where it cannot verify at all.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib

# SubjectPublicKeyInfo of Ed25519 (RFC 8410), before the 32 bytes of the key.
KEY_PREFIX = bytes.fromhex("302a300506032b6570032100")
MAGIC = b"\x85\x6f\x4a\x83"
EMPTY = hashlib.sha256(b"").digest()
NUMBER = re.compile(r"^([A-Z][A-Z0-9]?[0-9])([A-Z]{1,2})/(\d{4})/(C?)(\d{3,6})$")

findings = []


def found(text):
    findings.append(text)
    print("FOUND " + text)


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unbase64url(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not in its one spelling")
    return data


def canonical(value):
    """RFC 8785, for what records hold: texts, whole numbers, true, false, null, lists and objects."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + canonical(v) for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(member) for member in value) + "]"
    return json.dumps(value, ensure_ascii=False)


class Signatures:
    """Ed25519 by openssl, which takes key, message and signature from files."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def verify(self, key, message, signature):
        try:
            key_file = self.path("key", KEY_PREFIX + unbase64url(key))
            signature_file = self.path("signature", unbase64url(signature))
        except ValueError:
            return False
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key_file, "-rawin"]
        command += ["-in", self.path("message", message), "-sigfile", signature_file]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def to_leb128(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def changes_of(saved):
    """The changes of a day book by their hash: what each follows, and its bytes. None where it is not only changes."""
    changes = {}
    at = 0
    while at < len(saved):
        if saved[at : at + 4] != MAGIC:
            return None
        kind = saved[at + 8]
        length, start = leb128(saved, at + 9)
        body = saved[start : start + length]
        at = start + length
        if kind not in (1, 2):
            return None
        if kind == 2:
            body = zlib.decompress(body, -15)
        digest = hashlib.sha256(b"\x01" + to_leb128(len(body)) + body).hexdigest()
        count, position = leb128(body, 0)
        deps = [body[position + 32 * i : position + 32 * i + 32].hex() for i in range(count)]
        changes[digest] = (deps, body)
    return changes


def check_files(bundle, relay, signatures):
    names = set(bundle.namelist())
    manifest_bytes = bundle.read("manifest.json")
    manifest = json.loads(manifest_bytes)
    signature = bundle.read("manifest.sig").decode().strip() if "manifest.sig" in names else ""
    if not signatures.verify(relay, manifest_bytes, signature):
        found("the manifest is not signed with the key given")
    listed = {file["name"]: file["sha256"] for file in manifest["files"]}
    for name in sorted(names - {"manifest.json", "manifest.sig"}):
        if name not in listed:
            found("file %s is not in the manifest" % name)
        elif hashlib.sha256(bundle.read(name)).hexdigest() != listed[name]:
            found("file %s was altered" % name)
    for name in sorted(set(listed) - names):
        found("file %s is missing" % name)
    return names


def check_sums(where, body):
    sums = {"gross": 0, "discount": 0, "taxable": 0, "tax": 0, "total": 0}
    groups = {}
    for line in body["lines"]:
        taxes = line.get("taxes", [])
        tax = sum(part["minor"] for part in taxes)
        if line["taxable"] + tax != line["total"]:
            found("%s: a line's taxable amount and taxes are not its total" % where)
        off = line.get("discount", 0) + line.get("billDiscount", 0)
        net = line["total"] if body["policy"]["pricesIncludeTax"] else line["taxable"]
        if line["gross"] - off != net:
            found("%s: a line's gross amount less discounts is not its net amount" % where)
        for part in taxes:
            group = groups.setdefault((part["name"], part["rate"]), [0, 0])
            group[0] += line["taxable"]
            group[1] += part["minor"]
        for name, amount in zip(sums, (line["gross"], off, line["taxable"], tax, line["total"])):
            sums[name] += amount
    totals = body["totals"]
    if any(totals[name] != amount for name, amount in sums.items()):
        found("%s: its totals are not the sums of its lines" % where)
    if totals["total"] + totals["roundOff"] != totals["payable"]:
        found("%s: total and rounding are not what is to pay" % where)
    if {(g["name"], g["rate"]): [g["taxable"], g["minor"]] for g in body["taxes"]} != groups:
        found("%s: its tax groups are not the sums of its lines" % where)
    if sum(tender["minor"] for tender in body["tenders"]) - body.get("change", 0) != totals["payable"]:
        found("%s: its tenders do not settle it" % where)


class Chain:
    def __init__(self, code, epoch, key):
        self.name = code + epoch
        self.code, self.epoch, self.key = code, epoch, key
        self.position, self.hash, self.bad = 0, None, False
        self.series, self.perpetual, self.day = {}, None, None

    def take(self, line, signatures):
        where = "record %d of %s" % (line["position"], self.name)
        text = line["text"].encode()
        digest = hashlib.sha256(text).digest()
        bad = False
        try:
            body = json.loads(line["text"])
            if canonical(body) != line["text"]:
                raise ValueError("its JSON is not canonical")
            chain = body["chain"]
        except (ValueError, KeyError) as error:
            found("%s cannot be read: %s" % (where, error))
            self.follow(line["position"], digest, True)
            return
        if not signatures.verify(self.key, text, line["signature"]):
            found("%s is not what %s signed" % (where, self.name))
            bad = True
        if (chain["terminal"], chain["epoch"], chain["position"]) != (self.code, self.epoch, line["position"]):
            found("%s says that it is another" % where)
            bad = True
        if self.position and line["position"] != self.position + 1:
            found("%s stands after record %d: records are missing, doubled or out of order" % (where, self.position))
            self.perpetual = self.day = None
        elif self.hash is not None and chain["prev"] != base64url(self.hash) and not self.bad and not bad:
            found("record %d of %s is not the one that %s follows" % (self.position, self.name, where))
        if line["position"] == 1:
            self.begin(where, body)
        if body["type"] in ("invoice", "credit-note"):
            self.sale(where, body, bad)
        elif body["type"] == "day-close":
            self.close(where, body, bad)
        self.follow(line["position"], digest, bad)

    def begin(self, where, body):
        self.perpetual = self.day = 0
        if body["chain"]["prev"] != base64url(EMPTY) or body.get("event") != "epoch-start":
            found("%s does not begin the chain" % where)
        elif body["detail"]["publicKey"] != self.key:
            found("%s begins the chain with another key" % where)

    def sale(self, where, body, bad):
        check_sums(where, body)
        if bad:
            self.perpetual = self.day = None
        elif self.perpetual is not None:
            self.perpetual += body["totals"]["payable"]
        if self.day is not None:
            self.day += body["totals"]["payable"]
        match = NUMBER.match(body["number"])
        if not match or match.group(1) + match.group(2) != self.name or bool(match.group(4)) != (body["type"] == "credit-note"):
            if not bad:
                found("%s: number %s belongs to no series of it" % (where, body["number"]))
            return
        series = (match.group(3), match.group(4))
        last = self.series.get(series, 0 if self.perpetual is not None else None)
        if last is not None and int(match.group(5)) != last + 1 and not bad:
            found("%s: number %s does not follow %d in its series" % (where, body["number"], last))
        self.series[series] = last + 1 if bad and last is not None else int(match.group(5))

    def close(self, where, body, bad):
        if bad:
            return
        if self.day is not None and body["totals"]["payable"] != self.day:
            found("%s: the day's total is not that of its records" % where)
        if self.perpetual is not None and body["perpetual"]["payable"] != self.perpetual:
            found("%s: the perpetual total is not that of the records" % where)
        if "lastHash" in body and body["lastHash"] != body["chain"]["prev"]:
            found("%s: its last hash is not that of the record before it" % where)
        self.perpetual, self.day = body["perpetual"]["payable"], 0

    def follow(self, position, digest, bad):
        self.position, self.hash, self.bad = position, digest, bad


def check_records(bundle, keys, signatures):
    """Returns the records by their day book, as the bytes a day book stores."""
    chains, books = {}, {}
    for raw in bundle.open("records.ndjson"):
        line = json.loads(raw)
        name = (line["code"], line["epoch"])
        if name not in chains:
            key = keys.get(name)
            if key is None:
                found("no key of %s%s is known" % name)
                key = ""
            chains[name] = Chain(name[0], name[1], key)
        chains[name].take(line, signatures)
        books.setdefault(line["document"], []).append((line["position"], line["text"] + "\n" + line["signature"]))
    return books, chains


def check_documents(bundle, names, books, receipts):
    for name in sorted(names):
        if not name.startswith("documents/"):
            continue
        document = name[len("documents/") :]
        changes = changes_of(bundle.read(name))
        if changes is None:
            print("note: day book %s holds more than changes and was not followed" % document)
            continue
        everything = b"".join(body for _, body in changes.values())
        for position, stored in books.pop(document, []):
            if stored.encode() not in everything:
                found("record %d is not in its day book %s" % (position, document))
        for serial, heads in receipts.get(document, []):
            queue, seen = list(heads), set()
            while queue:
                head = queue.pop()
                if head in seen:
                    continue
                seen.add(head)
                if head not in changes:
                    found("receipt %d covers something of day book %s that is not here" % (serial, document))
                    break
                queue.extend(changes[head][0])
    for document, records in books.items():
        found("day book %s of record %d is missing" % (document, records[0][0]))


def check_receipts(bundle, names, relay, signatures):
    """Returns serial and heads of the receipts that the relay signed, by document."""
    receipts = {}
    if "receipts.ndjson" not in names:
        return receipts
    for raw in bundle.open("receipts.ndjson"):
        receipt = json.loads(raw)
        body = receipt["body"]
        if not signatures.verify(relay, canonical(body).encode(), receipt["signature"]):
            found("receipt %s is not signed by the relay" % body.get("serial"))
            continue
        for document in body["documents"]:
            receipts.setdefault(document["id"], []).append((body["serial"], document["heads"]))
    return receipts


def main():
    parser = argparse.ArgumentParser(description="verifies an export bundle of Counterfoil")
    parser.add_argument("bundle")
    parser.add_argument("--relay", required=True, help="the relay's public key, base64url, from elsewhere than the bundle")
    options = parser.parse_args()
    with zipfile.ZipFile(options.bundle) as bundle, tempfile.TemporaryDirectory() as folder:
        signatures = Signatures(folder)
        names = check_files(bundle, options.relay, signatures)
        keys = {(k["code"], k["epoch"]): k["key"] for k in json.loads(bundle.read("keys.json"))["terminals"]}
        receipts = check_receipts(bundle, names, options.relay, signatures)
        books, chains = check_records(bundle, keys, signatures)
        check_documents(bundle, names, books, receipts)
    for chain in chains.values():
        print("%s: up to record %d" % (chain.name, chain.position))
    print("%d findings" % len(findings))
    return 1 if findings else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        print("cannot verify: %s" % error, file=sys.stderr)
        sys.exit(2)
