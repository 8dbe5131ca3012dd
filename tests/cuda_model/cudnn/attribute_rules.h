// The descriptors of cuDNN's graph API and their attributes, as its documentation lists them.
#pragma once
#include <cudnn_graph.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cuda_model::cudnn {

// required: cuDNN refuses to finalize a descriptor without it. expected: the documentation wants it
// or gives it a default of zero that would change results, and cuDNN does not notice its absence.
// computed: can be read, not set.
enum class Need { required, expected, optional, computed };

struct AttributeRule {
  cudnnBackendAttributeName_t name;
  const char* text;  // the name without CUDNN_ATTR_
  cudnnBackendAttributeType_t type;
  bool list;  // any number of values; else one
  Need need;
};

struct DescriptorRule {
  cudnnBackendDescriptorType_t type;
  const char* text;  // the name without CUDNN_BACKEND_ and _DESCRIPTOR
  std::vector<AttributeRule> attributes;
};

// Null for a type that the model does not know.
const DescriptorRule* rule_of(cudnnBackendDescriptorType_t);
const AttributeRule* find(const DescriptorRule&, cudnnBackendAttributeName_t);
size_t size_of(cudnnBackendAttributeType_t);  // bytes of one value

}  // namespace cuda_model::cudnn
