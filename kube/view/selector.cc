#include "kube/view/selector.h"

#include <algorithm>
#include <array>

#include "kube/translate/value_access.h"

namespace skiff::kube {
namespace {

using common::ErrorCode;
using common::Result;

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n");
  if (begin == text.npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// At commas outside of parentheses.
std::vector<std::string_view> SplitTerms(std::string_view text) {
  std::vector<std::string_view> terms;
  size_t start = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    terms.push_back(Trimmed(text.substr(start, i - start)));
    start = i + 1;
  }
  return terms;
}

bool IsLabelText(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
           also.find(c) != also.npos;
  });
}

common::Error Bad(std::string_view term) {
  return MakeError(ErrorCode::kInvalid,
                   "unable to parse requirement \"{}\": write key=value, key!=value, key, !key, key in "
                   "(a,b) or key notin (a,b)",
                   term);
}

Result<LabelSelectorRequirement> MakeRequirement(std::string_view term, std::string_view key,
                                                 std::string_view op,
                                                 const std::vector<std::string_view>& values) {
  key = Trimmed(key);
  if (key.empty() || !IsLabelText(key, "/")) return Bad(term);
  LabelSelectorRequirement requirement{std::string(key), std::string(op), {}};
  for (const std::string_view value : values) {
    if (!IsLabelText(Trimmed(value), "")) return Bad(term);
    requirement.values.emplace_back(Trimmed(value));
  }
  return requirement;
}

Result<LabelSelectorRequirement> ParseSetTerm(std::string_view term, size_t open) {
  if (!term.ends_with(')')) return Bad(term);
  const std::string_view head = Trimmed(term.substr(0, open));
  const size_t space = head.find_last_of(" \t");
  if (space == head.npos) return Bad(term);
  const std::string_view word = head.substr(space + 1);
  if (word != "in" && word != "notin") return Bad(term);
  return MakeRequirement(term, head.substr(0, space), word == "in" ? "In" : "NotIn",
                         SplitTerms(term.substr(open + 1, term.size() - open - 2)));
}

Result<LabelSelectorRequirement> ParseTerm(std::string_view term) {
  if (const size_t open = term.find('('); open != term.npos) return ParseSetTerm(term, open);
  if (const size_t at = term.find("!="); at != term.npos && at > 0)
    return MakeRequirement(term, term.substr(0, at), "NotIn", {term.substr(at + 2)});
  if (const size_t at = term.find('='); at != term.npos) {
    const size_t length = term.substr(at).starts_with("==") ? 2 : 1;
    return MakeRequirement(term, term.substr(0, at), "In", {term.substr(at + length)});
  }
  if (term.starts_with('!')) return MakeRequirement(term, term.substr(1), "DoesNotExist", {});
  return MakeRequirement(term, term, "Exists", {});
}

constexpr std::array<std::string_view, 2> kCommonFields = {"metadata.name", "metadata.namespace"};
constexpr std::array<std::string_view, 6> kPodFields = {"spec.nodeName",      "spec.restartPolicy",
                                                        "spec.schedulerName", "spec.serviceAccountName",
                                                        "status.phase",       "status.podIP"};
constexpr std::array<std::string_view, 7> kEventFields = {"involvedObject.kind",
                                                          "involvedObject.namespace",
                                                          "involvedObject.name",
                                                          "involvedObject.uid",
                                                          "involvedObject.fieldPath",
                                                          "reason",
                                                          "type"};

template <typename List>
bool Contains(const List& list, std::string_view field) {
  return std::find(list.begin(), list.end(), field) != list.end();
}

}  // namespace

Result<LabelSelector> ParseLabelSelector(std::string_view text) {
  LabelSelector selector;
  if (Trimmed(text).empty()) return selector;
  for (const std::string_view term : SplitTerms(text)) {
    ASSIGN_OR_RETURN(selector.match_expressions.emplace_back(), ParseTerm(term));
  }
  return selector;
}

Result<FieldSelector> FieldSelector::Parse(std::string_view text) {
  FieldSelector selector;
  if (Trimmed(text).empty()) return selector;
  for (const std::string_view term : SplitTerms(text)) {
    const size_t at = term.find('=');
    if (at == term.npos || at == 0)
      return MakeError(ErrorCode::kInvalid,
                       "invalid field selector \"{}\": write field=value or field!=value", term);
    const bool equal = term[at - 1] != '!';
    const size_t length = term.substr(at).starts_with("==") ? 2 : 1;
    selector.terms_.push_back({std::string(Trimmed(term.substr(0, equal ? at : at - 1))),
                               std::string(Trimmed(term.substr(at + length))), equal});
  }
  return selector;
}

Result<> FieldSelector::CheckFor(std::string_view kind) const {
  for (const Term& term : terms_) {
    if (Contains(kCommonFields, term.path) || (kind == "Pod" && Contains(kPodFields, term.path)) ||
        (kind == "Event" && Contains(kEventFields, term.path)))
      continue;
    return MakeError(ErrorCode::kInvalid, "field label not supported: {}", term.path);
  }
  return {};
}

bool FieldSelector::Matches(const Value& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return (TextAt(object, term.path) == term.value) == term.equal;
  });
}

StringMap LabelsOf(const Value& object) {
  StringMap labels;
  for (const Value::Entry& entry : At(object, "metadata.labels").entries())
    labels[entry.key] = entry.value.text();
  return labels;
}

}  // namespace skiff::kube
