#include "kube/model/types/object.h"

#include <algorithm>

namespace skiff::kube {

namespace {

bool Contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

std::string_view Object::kind() const {
  return std::visit([](const auto& object) -> std::string_view { return object.kKind; }, body);
}

std::string_view Object::api_version() const {
  return std::visit([](const auto& object) -> std::string_view { return object.kApiVersion; }, body);
}

ObjectMeta& Object::metadata() {
  return std::visit([](auto& object) -> ObjectMeta& { return object.metadata; }, body);
}

const ObjectMeta& Object::metadata() const {
  return std::visit([](const auto& object) -> const ObjectMeta& { return object.metadata; }, body);
}

common::SourcePosition Object::PositionOf(std::string_view path) const {
  if (source == nullptr) return position;
  const Mark mark = source->Nearest(path).mark();
  return {position.file, mark.line, mark.column};
}

bool LabelSelector::Matches(const StringMap& labels) const {
  for (const auto& [key, value] : match_labels) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return std::all_of(match_expressions.begin(), match_expressions.end(),
                     [&](const LabelSelectorRequirement& wanted) {
                       const auto found = labels.find(wanted.key);
                       const bool exists = found != labels.end();
                       if (wanted.op == "Exists") return exists;
                       if (wanted.op == "DoesNotExist") return !exists;
                       const bool listed = exists && Contains(wanted.values, found->second);
                       return wanted.op == "In" ? listed : !listed;
                     });
}

}  // namespace skiff::kube
