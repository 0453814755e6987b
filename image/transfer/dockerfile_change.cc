#include "image/transfer/dockerfile_change.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace skiff::image {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

// Words separated by blanks; quotes and backslashes as in a shell.
Result<std::vector<std::string>> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && std::isspace(static_cast<unsigned char>(c))) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) quote = '\0';
    else if (quote == '\0' && (c == '"' || c == '\'')) quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < text.size()) words.back() += text[++i];
    else words.back() += c;
  }
  if (quote != '\0') return MakeError(ErrorCode::kInvalid, "a quote is not closed");
  return words;
}

// ["a", "b"] as it is; anything else is a command for the shell.
std::vector<std::string> CommandWords(std::string_view text) {
  if (const auto list = common::ParseJson(text, "command"); list && list->IsArray()) {
    std::vector<std::string> words;
    for (const auto& item : list->GetArray())
      if (item.IsString()) words.emplace_back(item.GetString(), item.GetStringLength());
    if (words.size() == list->Size()) return words;
  }
  return {"/bin/sh", "-c", std::string(text)};
}

// "K=V" words, or "K the rest".
Result<std::vector<std::pair<std::string, std::string>>> KeyValues(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const size_t blank = text.find_first_of(" \t");
  if (blank != std::string_view::npos && text.substr(0, blank).find('=') == std::string_view::npos) {
    pairs.emplace_back(text.substr(0, blank), text.substr(std::min(text.find_first_not_of(" \t", blank), text.size())));
    return pairs;
  }
  ASSIGN_OR_RETURN(const auto words, SplitWords(text));
  for (const auto& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return MakeError(ErrorCode::kInvalid, "\"{}\" is not of the form KEY=VALUE", word);
    pairs.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return pairs;
}

JsonValue& Member(JsonBuilder& json, JsonValue& config, const char* name, JsonValue empty) {
  if (!config.HasMember(name)) json.Set(config, name, std::move(empty));
  return config.FindMember(name)->value;
}

Result<> SetEnv(std::string_view text, JsonBuilder& json, JsonValue& config) {
  ASSIGN_OR_RETURN(const auto pairs, KeyValues(text));
  auto list = common::GetStrings(config, "Env");
  for (const auto& [key, value] : pairs) {
    const auto same = [prefix = key + "="](const std::string& entry) { return entry.compare(0, prefix.size(), prefix) == 0; };
    list.erase(std::remove_if(list.begin(), list.end(), same), list.end());
    list.push_back(key + "=" + value);
  }
  json.Set(config, "Env", json.Strings(list));
  return {};
}

Result<> AddToSet(std::string_view text, JsonBuilder& json, JsonValue& set, std::string_view suffix) {
  ASSIGN_OR_RETURN(auto words, SplitWords(text));
  if (const auto list = common::ParseJson(text, "list"); list && list->IsArray()) words = CommandWords(text);
  for (const auto& word : words) {
    const bool whole = suffix.empty() || word.find('/') != std::string::npos;
    json.Set(set, whole ? word : word + std::string(suffix), json.Object());
  }
  return {};
}

}  // namespace

Result<> ApplyChange(std::string_view change, JsonBuilder& json, JsonValue& config) {
  const size_t start = std::min(change.find_first_not_of(" \t"), change.size());
  const size_t end = std::min(change.find_first_of(" \t=", start), change.size());
  std::string instruction(change.substr(start, end - start));
  std::transform(instruction.begin(), instruction.end(), instruction.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string_view value = change.substr(std::min(end + 1, change.size()));
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  if (value.empty()) return MakeError(ErrorCode::kInvalid, "the change \"{}\" has no value", change);

  if (instruction == "CMD") json.Set(config, "Cmd", json.Strings(CommandWords(value)));
  else if (instruction == "ENTRYPOINT") json.Set(config, "Entrypoint", json.Strings(CommandWords(value)));
  else if (instruction == "USER") json.Set(config, "User", value);
  else if (instruction == "WORKDIR") json.Set(config, "WorkingDir", value);
  else if (instruction == "STOPSIGNAL") json.Set(config, "StopSignal", value);
  else if (instruction == "ONBUILD") {
    auto triggers = common::GetStrings(config, "OnBuild");
    triggers.emplace_back(value);
    json.Set(config, "OnBuild", json.Strings(triggers));
  }
  else if (instruction == "ENV") TRY(SetEnv(value, json, config), "the change \"{}\"", change);
  else if (instruction == "EXPOSE")
    TRY(AddToSet(value, json, Member(json, config, "ExposedPorts", json.Object()), "/tcp"), "the change \"{}\"", change);
  else if (instruction == "VOLUME")
    TRY(AddToSet(value, json, Member(json, config, "Volumes", json.Object()), ""), "the change \"{}\"", change);
  else if (instruction == "LABEL") {
    ASSIGN_OR_RETURN(const auto pairs, KeyValues(value), "the change \"{}\"", change);
    JsonValue& labels = Member(json, config, "Labels", json.Object());
    for (const auto& [key, text] : pairs) json.Set(labels, key, text);
  } else {
    return MakeError(ErrorCode::kInvalid,
                     "the change \"{}\" is not one of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR",
                     change);
  }
  return {};
}

}  // namespace skiff::image
