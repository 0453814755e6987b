// Identifiers: random ids, UUIDs and the name suffixes of Kubernetes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::common {

std::string RandomHex(size_t digits);  // lower case
inline std::string NewId() { return RandomHex(64); }  // pods, containers, networks
std::string NewUuid();                                // RFC 4122 version 4
// Characters of bcdfghjklmnpqrstvwxz2456789, as the API server appends to generateName.
std::string RandomSuffix(size_t length = 5);
// A 32-bit FNV-1a hash printed in that alphabet: pod-template-hash, revision names.
std::string SafeHash(std::string_view text);

}  // namespace skiff::common
