// The WWW-Authenticate header (RFC 9110 section 11.6.1): how a registry wants to be asked.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::image {

struct AuthChallenge {
  std::string scheme;                             // lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names in lower case

  const std::string& Get(const std::string& name) const;  // empty if absent
};

// All challenges of one header line; what cannot be read ends the list.
std::vector<AuthChallenge> ParseWwwAuthenticate(std::string_view header);

}  // namespace skiff::image
