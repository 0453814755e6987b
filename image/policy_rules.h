// A parsed policy; shared by the parser (policy_parser.cc) and the check (policy.cc).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "image/policy.h"

namespace skiff::image {

// Which name a signature must bear.
struct SignedIdentity {
  enum class Kind { kMatchRepoDigestOrExact, kMatchExact, kMatchRepository, kExactReference, kExactRepository, kRemapIdentity };
  Kind kind = Kind::kMatchRepoDigestOrExact;
  std::string value;          // the exact reference or repository
  std::string prefix;         // kRemapIdentity
  std::string signed_prefix;
};

struct Requirement {
  enum class Kind { kAcceptAnything, kReject, kSignedBy };
  Kind kind = Kind::kReject;
  std::vector<std::string> keys;  // kSignedBy: OpenPGP key rings, binary
  SignedIdentity identity;
};
using Requirements = std::vector<Requirement>;

struct Policy::Rules {
  Requirements fallback;
  std::map<std::string, std::map<std::string, Requirements>> transports;  // transport, scope
};

common::Result<Policy::Rules> ParsePolicy(std::string_view text, const std::string& what);

// Whether a signature for `signed_name` counts for the image `wanted`.
bool IdentityMatches(const SignedIdentity& identity, const std::string& wanted, const std::string& signed_name);

}  // namespace skiff::image
