#include "cli/notation/text.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::pair<std::string, std::string> SplitPair(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::map<std::string, std::string> PairsToMap(const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> map;
  for (const std::string& pair : pairs) {
    auto [key, value] = SplitPair(pair, '=');
    map[std::move(key)] = std::move(value);
  }
  return map;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseEnvFile(std::string_view text,
                                                                      std::string_view what) {
  std::vector<std::pair<std::string, std::string>> result;
  int number = 0;
  for (std::string& line : Split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty() || line[0] == '#') continue;
    const std::string name = line.substr(0, line.find('='));
    if (name.empty() || name.find_first_of(" \t") != std::string::npos)
      return MakeError(ErrorCode::kInvalid, "{}:{}: \"{}\" is not NAME=VALUE", what, number, line);
    for (auto& pair : ParseEnvFlag(line)) result.push_back(std::move(pair));
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> ParseEnvFlag(std::string_view text) {
  if (text.find('=') != std::string_view::npos) return {SplitPair(text, '=')};
  std::vector<std::pair<std::string, std::string>> result;
  if (!text.ends_with('*')) {
    const std::string name(text);
    if (const char* value = std::getenv(name.c_str())) result.emplace_back(name, value);
    return result;
  }
  text.remove_suffix(1);
  for (char** entry = ::environ; *entry != nullptr; ++entry)
    if (std::string_view(*entry).starts_with(text)) result.push_back(SplitPair(*entry, '='));
  return result;
}

}  // namespace skiff::cli
