// Sums as the modelled NCCL makes them: in order of rank, half types in f32 with one rounding.
#pragma once
#include <cstddef>
#include <vector>

namespace cuda_model::nccl {

size_t size_of(int type);  // of ncclDataType_t; 0: the model has no such type
bool can_sum(int type);
void add_up(const std::vector<const char*>& terms, int type, size_t count, char* to);

}  // namespace cuda_model::nccl
