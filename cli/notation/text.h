// Cutting text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace skiff::cli {

std::vector<std::string> Split(std::string_view text, char separator);  // at least one part
// "key=value"; without the separator the value is empty.
std::pair<std::string, std::string> SplitPair(std::string_view text, char separator);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);
// Each "key=value" or "key".
std::map<std::string, std::string> PairsToMap(const std::vector<std::string>& pairs);
// Lines "K=V", "K" (the value is ours) and comments; `what` names the file.
common::Result<std::vector<std::pair<std::string, std::string>>> ParseEnvFile(std::string_view text,
                                                                              std::string_view what);
// "-e K=V", "-e K" (our own value; nothing when we have none), "-e 'PRE*'".
std::vector<std::pair<std::string, std::string>> ParseEnvFlag(std::string_view text);

}  // namespace skiff::cli
