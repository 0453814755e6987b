// --filter key=value: several values of one key are alternatives, different keys must all hold.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace skiff::cli {

class Filters {
 public:
  // kInvalid: an unknown key, with a suggestion.
  static common::Result<Filters> Parse(const std::vector<std::string>& flags,
                                       const std::vector<std::string>& keys);

  bool Has(const std::string& key) const { return values_.contains(key); }
  const std::vector<std::string>& Values(const std::string& key) const;
  // True when the key was not given, or one of its values equals or (MatchesPart) occurs in `text` or matches
  // it as a regular expression.
  bool Matches(const std::string& key, std::string_view text) const;
  bool MatchesPart(const std::string& key, const std::string& text) const;
  bool MatchesPrefix(const std::string& key, std::string_view text) const;
  // "label=key" or "label=key=value"; all of them must hold.
  bool MatchesLabels(const std::map<std::string, std::string>& labels) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

}  // namespace skiff::cli
