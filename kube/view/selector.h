// Selectors as kubectl takes them: -l and --field-selector.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "kube/model/types/meta.h"
#include "kube/model/value.h"

namespace skiff::kube {

// "a=b,c!=d,e,!f,g in (x,y),h notin (z)"; empty: everything. kInvalid otherwise.
common::Result<LabelSelector> ParseLabelSelector(std::string_view text);

class FieldSelector {
 public:
  // "status.phase=Running,metadata.name!=x". kInvalid: not of that form.
  static common::Result<FieldSelector> Parse(std::string_view text);
  // kInvalid: a field that objects of this kind cannot be selected by.
  common::Result<> CheckFor(std::string_view kind) const;
  bool Matches(const Value& object) const;

 private:
  struct Term {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

// metadata.labels.
StringMap LabelsOf(const Value& object);

}  // namespace skiff::kube
