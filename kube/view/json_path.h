// kubectl's JSONPath templates over plain values:
//
//   {.items[*].metadata.name}              members, list items, slices [1:3:2], negative indexes, unions
//   ['a','b'] and [0,2]
//   {..image}                              at any depth
//   {.items[?(@.status.phase=="Running")]} filters: ==, !=, <, <=, >, >= or the bare path (it exists)
//   {range .items[*]}{.a}{"\t"}{end}       repetition; text outside of braces stands for itself
//
// `$` is the whole object, `@` the current one. Dots in names are written "\." or ['a.b'].
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "kube/model/value.h"

namespace skiff::kube {

class JsonPath {
 public:
  // kInvalid names what is wrong.
  static common::Result<JsonPath> Parse(std::string_view text);
  // One path, with or without braces and first dot: ".status.phase", "{.status.phase}", "status.phase".
  static common::Result<JsonPath> ParseRelaxed(std::string_view text);

  JsonPath(JsonPath&&) noexcept;
  JsonPath& operator=(JsonPath&&) noexcept;
  ~JsonPath();

  // The filled-in text. Several results are divided by a space; what is not there is nothing. kInvalid: an
  // index beyond the end of a list, or a step into what cannot have it.
  common::Result<std::string> Execute(const Value& object) const;
  // The values of the one path of a template without text; they live as long as `object`.
  common::Result<std::vector<const Value*>> Find(const Value& object) const;

  struct Node;

 private:
  explicit JsonPath(std::vector<Node> nodes);
  std::vector<Node> nodes_;
};

// Scalars as they are, lists and maps as JSON.
std::string PlainText(const Value& value);

}  // namespace skiff::kube
