#include "kube/translate/problems.h"

#include <fmt/format.h>

namespace skiff::kube {

std::string Problems::Describe(std::string_view path, const std::string& message) const {
  return fmt::format("{} \"{}\": {}: {}", object_.kind(), object_.metadata().name, path, message);
}

void Problems::Error(std::string_view path, const std::string& message) {
  common::Error error(common::ErrorCode::kInvalid, Describe(path, message));
  errors_.push_back(std::move(error).At(object_.PositionOf(path)));
}

void Problems::Warning(std::string_view path, const std::string& message) {
  const common::SourcePosition position = object_.PositionOf(path);
  const std::string text = Describe(path, message);
  warnings_.push_back(position.line == 0 ? text
                                         : fmt::format("{}:{}:{}: {}", position.file, position.line, position.column, text));
}

}  // namespace skiff::kube
