import { onMounted, ref } from "vue";
import { rest } from "@/api/rest";
import { useI18n } from "@/i18n";
import type { WrapUpCode } from "@/wire";

/** Names of wrap-up codes in the current language; the bare code while they are not known. */
export function useCodeNames(): (code: string) => string {
  const { locale } = useI18n();
  const codes = ref<WrapUpCode[]>([]);
  onMounted(async () => {
    codes.value = await rest.wrapUpCodes().catch(() => []);
  });
  return (code) => {
    const found = codes.value.find((known) => known.code === code);
    if (!found) return code;
    return locale.value === "zh" ? found.name_zh : found.name_en;
  };
}
