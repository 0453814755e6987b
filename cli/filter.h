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
  // "label=key" or "label=key=value", and "label!=..." for those that must not be there; all of them must hold.
  bool MatchesLabels(const std::map<std::string, std::string>& labels) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// "until=" and its like: a time, a date or how long ago, as RFC 3339.
common::Result<std::string> PointInTime(const std::string& text);
// False too where one of them is no time.
bool IsBefore(const std::string& time, const std::string& limit);

}  // namespace skiff::cli
