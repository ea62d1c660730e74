"""Sentences of many languages, and the encodings that files of them were once kept in."""

# ruff: noqa: RUF001 - letters of other alphabets that look like Latin ones are the point

SHORT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "English": (
        ("cp1252",),
        (
            "The scheme cost £5 million – twice the estimate.",
            "It’s the minister’s “last word” on the naïve plan.",
            "Opening hours: 9–17, café on the 2nd floor.",
            "The price fell to €20 per tonne in March.",
        ),
    ),
    "German": (
        ("cp1252", "iso8859-15"),
        (
            "Öffnungszeiten der Bücherei",
            "Größe und Maß der Straße",
            "Das Gesetz über künstliche Intelligenz tritt nächstes Jahr in Kraft.",
            "Die Ämter müssen jährlich Bericht erstatten.",
        ),
    ),
    "French": (
        ("cp1252", "iso8859-15"),
        (
            "À bientôt",
            "Un problème économique à résoudre",
            "L’État français élève les impôts dès l’été.",
            "Le rapport précise où les crédits ont été dépensés.",
        ),
    ),
    "Spanish": (
        ("cp1252",),
        (
            "El niño español mañana: ¿qué pasó?",
            "La administración pública publicó el informe.",
            "Ningún país cumplió los objetivos del año.",
            "Según el análisis, la inversión cayó.",
        ),
    ),
    "Portuguese": (
        ("cp1252",),
        (
            "São Paulo não é a capital; Brasília é.",
            "A comissão avaliou as políticas de educação.",
            "O relatório está disponível em inglês também.",
            "Ações de saúde pública na região.",
        ),
    ),
    "Swedish": (
        ("cp1252",),
        (
            "Kommunens skolor får nya läroböcker i höst.",
            "Ett förslag om högre miljöskatt.",
            "Regeringen återkommer i frågan nästa år.",
            "Sähköinen äänestys ei ole vielä käytössä.",
        ),
    ),
    "Polish": (
        ("cp1250", "iso8859-2"),
        (
            "Zażółć gęślą jaźń.",
            "Rząd przyjął ustawę o sztucznej inteligencji.",
            "Sprawozdanie z działalności za zeszły rok",
            "Główne wnioski są następujące.",
        ),
    ),
    "Czech": (
        ("cp1250", "iso8859-2"),
        (
            "Příliš žluťoučký kůň úpěl ďábelské ódy.",
            "Česká vláda schválila nový zákon.",
            "Výroční zpráva o činnosti úřadu",
            "Životní prostředí a veřejné zdraví",
        ),
    ),
    "Hungarian": (
        ("cp1250", "iso8859-2"),
        (
            "Árvíztűrő tükörfúrógép.",
            "A kormány elfogadta az új törvényt a mesterséges intelligenciáról.",
            "Az összefoglaló jelentés főbb megállapításai",
            "Közérdekű adatok nyilvánossága",
        ),
    ),
    "Turkish": (
        ("cp1254", "iso8859-9"),
        (
            "Türkiye’de yapay zekâ politikası açıklandı.",
            "Hükümet yeni yasayı kabul etti; değişiklik yıl sonunda yürürlüğe giriyor.",
            "Çalışma saatleri ve ücretler",
            "Eğitim bakanlığı öğrenciler için şu kararı aldı.",
        ),
    ),
    "Greek": (
        ("cp1253", "iso8859-7"),
        (
            "Η κυβέρνηση ενέκρινε τον νέο νόμο.",
            "Ετήσια έκθεση της επιτροπής",
            "Τεχνητή νοημοσύνη και δημόσια πολιτική",
            "Οι πολίτες ζητούν περισσότερη διαφάνεια.",
        ),
    ),
    "Russian": (
        ("cp1251", "koi8-r", "cp866", "iso8859-5"),
        (
            "Правительство приняло новый закон.",
            "Отчёт о работе комиссии",
            "Искусственный интеллект и государственная политика",
            "Решение вступает в силу в январе.",
        ),
    ),
    "Ukrainian": (
        ("cp1251", "koi8-u"),
        (
            "Уряд ухвалив новий закон про штучний інтелект.",
            "Звіт про діяльність комісії",
            "Українська мова є державною.",
            "Їхні пропозиції розглянуть наступного тижня.",
        ),
    ),
    "Bulgarian": (
        ("cp1251",),
        (
            "Правителството прие нов закон за изкуствения интелект.",
            "Годишен доклад на комисията",
            "Българската икономика нараства.",
            "Решението влиза в сила от януари.",
        ),
    ),
    "Hebrew": (
        ("cp1255",),
        (
            "הממשלה אישרה את החוק החדש.",
            "דין וחשבון שנתי של הוועדה",
            "בינה מלאכותית ומדיניות ציבורית",
            "ההחלטה תיכנס לתוקף בינואר.",
        ),
    ),
    "Arabic": (
        ("cp1256",),
        (
            "وافقت الحكومة على القانون الجديد.",
            "التقرير السنوي للجنة",
            "الذكاء الاصطناعي والسياسة العامة",
            "يدخل القرار حيز التنفيذ في يناير.",
        ),
    ),
    "Lithuanian": (
        ("cp1257",),
        (
            "Vyriausybė priėmė naują įstatymą.",
            "Metinė komisijos veiklos ataskaita už šiuos metus",
            "Dirbtinis intelektas ir viešoji politika mūsų šalyje",
            "Sprendimas įsigalioja sausio mėnesį, todėl būtina pasirengti.",
        ),
    ),
    "Vietnamese": (
        ("cp1258",),
        (
            "Chính phủ thông qua luật mới.",
            "Báo cáo thường niên của ủy ban về trí tuệ nhân tạo",
            "Quyết định có hiệu lực từ tháng một.",
        ),
    ),
    "Thai": (
        ("cp874",),
        (
            "รัฐบาลเห็นชอบกฎหมายใหม่",
            "รายงานประจำปีของคณะกรรมการ",
            "ปัญญาประดิษฐ์และนโยบายสาธารณะ",
        ),
    ),
    "Japanese": (
        ("shift_jis", "euc_jp", "iso2022_jp"),
        (
            "これは日本語の文章です。",
            "政府は新しい法律を承認した。",
            "委員会の年次報告書について",
            "人工知能と公共政策",
        ),
    ),
    "Chinese": (
        ("gb18030",),
        (
            "政府通过了新的法律。",
            "这是一个关于人工智能政策的中文文本。",
            "委员会年度报告",
            "该决定自一月起生效。",
        ),
    ),
    "Traditional Chinese": (
        ("big5",),
        (
            "政府通過了新的法律。",
            "這是一份關於人工智慧政策的文件。",
            "委員會年度報告",
            "該決定自一月起生效。",
        ),
    ),
    "Korean": (
        ("euc_kr",),
        (
            "정부는 새로운 법률을 승인했다.",
            "위원회 연례 보고서",
            "인공지능과 공공 정책",
            "이 결정은 일월부터 시행된다.",
        ),
    ),
}
"""For each language its encodings, and short texts of a line."""


def samples() -> list[tuple[str, str, str]]:
    """Return (language, encoding, text): each line by itself, and all of a language as one text."""
    found = []
    for language, (encodings, lines) in SHORT.items():
        for encoding in encodings:
            for text in (*lines, "\n\n".join(lines * 3)):
                try:
                    text.encode(encoding)
                except UnicodeEncodeError:
                    # Old encodings lack typographic marks that a later author would have used.
                    continue
                found.append((language, encoding, text))
    return found
